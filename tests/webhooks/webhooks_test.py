#!/usr/bin/env python3
"""Webhooks of the real program to receivers that misbehave, and the example receiver (R-E2, R-E5)."""
import contextlib
import http.server
import json
import pathlib
import re
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tools'), str(ROOT / 'examples/consumers/webhook')]
import receiver as example
import local_servers
import report
import server
from server import call

SECRETS = ('new-secret-new-secret-new', 'old-secret-old-secret-old')
KEY = 'the-secret-of-anna'


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('waited in vain')
        time.sleep(0.05)


# Nobody is let in, so that charges are the only events after the start.
CATALOGUE = """
events:
  - id: 1
    name: Later
    on_sale: {from: 2099-01-01T00:00:00Z, until: 2099-02-01T00:00:00Z}
    queue: {gather_from: 2025-01-01T00:00:00Z}
    dates: [{id: 1, starts_at: 2099-02-02T00:00:00Z, prices: {Standard: 1000}}]
"""


class Receiver:
    """Accepts each event, unless `behave(event)` returns another way to answer a charge: a function of the request's handler."""

    def __init__(self, port=0):
        self.behave, self.accepted, self.lock, self.faults = lambda event: None, [], threading.Lock(), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                try:
                    example.verify(self.headers['Stagedoor-Signature'], body, SECRETS[1:], time.time())
                except example.Refused as why:
                    outer.faults.append(str(why))
                event = json.loads(body)
                is_charge = event['subject'].startswith('wallet/')  # the catalogue of the start is told, too
                way = is_charge and outer.behave(event)
                if way:
                    return way(self)
                self.accept(event, is_counted=is_charge)

            def accept(self, event, body=b'', is_counted=True):
                if is_counted:
                    with outer.lock:
                        outer.accepted.append(event)
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                pass

        self.server = Threads(('127.0.0.1', port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def versions(self):
        """The versions of each subject in the order of their first arrival."""
        with self.lock:
            seen = {}
            for event in self.accepted:
                versions = seen.setdefault(event['subject'], [])
                if not versions or event['keyversion'] > versions[-1]:
                    versions.append(event['keyversion'])
            return seen


def answer(status, *headers):
    def way(handler):
        handler.send_response(status)
        for name, value in (*headers, ('Content-Length', '0')):
            handler.send_header(name, value)
        handler.end_headers()
    return way


def half(handler):
    handler.send_response(200)
    handler.send_header('Content-Length', '100')
    handler.end_headers()
    handler.wfile.write(b'half')
    handler.close_connection = True


class Sale(unittest.TestCase):
    """A server with the webhook `crm`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / 'catalogue.yaml').write_text(CATALOGUE)

    def receiver(self, port=0):
        made = Receiver(port)
        self.addCleanup(made.close)
        return made

    def serve(self, port, *settings, scheme='http', host='127.0.0.1', private='true', folder=None):
        return server.Server(folder or self.folder, f'--catalogue.file={self.folder}/catalogue.yaml', f'--admin.keys=anna:owner:{KEY}',
                             f'--events.sinks=crm={scheme}://{host}:{port}/hook', f'--events.webhook_secrets={",".join(SECRETS)}',
                             f'--events.private_targets={private}', *settings)

    def fan(self, running):
        """Returns a function that charges a wallet of its own: one event each time, of one key."""
        user = str(uuid.uuid4())
        said = call(running.url + '/queue', 'POST', {'userId': user, 'eventId': 1})[1]
        token = said['data']['token'].removeprefix('Bearer ')

        def charge(times=1):
            for _ in range(times):
                self.assertEqual(call(f'{running.url}/users/{user}/balance/charge', 'PUT', {'amount': 1}, token)[0], 200)
        return charge

    def sink(self, running):
        return call(running.url + '/admin/sinks', token=KEY)[1]['data'][0]

    def events(self, running, *arguments):
        result = server.run('events', *arguments, '--url', running.url, f'--admin.keys=anna:owner:{KEY}', folder=self.folder)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def metric(self, running, name):
        with urllib.request.urlopen(running.url + '/metrics', timeout=10) as text:
            return float(re.search(rf'(?m)^{name}\{{sink="crm"\}} (\S+)$', text.read().decode())[1])

    def log(self):
        return (self.folder / 'stderr.log').read_text()


class Webhooks(Sale):
    def test_keys_that_are_refused_wait_and_all_others_go_on_in_order(self):
        bad = {1: answer(500), 2: answer(302, ('Location', 'http://169.254.169.254/')), 3: half,
               4: lambda handler: handler.accept(self.long, b'x' * 2_000_000), 5: lambda handler: time.sleep(0.2) or handler.accept(self.slow)}
        crm, ways = self.receiver(), {}

        def behave(event):
            if event['data']['walletId'] == wallets.get(4):
                self.long = event
            if event['data']['walletId'] == wallets.get(5):
                self.slow = event
            return ways.get(event['data']['walletId'])
        with self.serve(crm.port, '--events.give_up_after=2s') as running:
            fans = [self.fan(running) for _ in range(8)]
            wallets = {}
            for number, charge in enumerate(fans):
                charge()
                wait_until(lambda: len(crm.accepted) == number + 1)
                wallets[number] = crm.accepted[-1]['data']['walletId']
            ways.update({wallets[number]: way for number, way in bad.items()})
            crm.behave = behave
            took = []
            for _ in range(10):
                for charge in fans:
                    begin = time.monotonic()
                    charge()
                    took.append(time.monotonic() - begin)
            self.assertLess(sorted(took)[len(took) // 2], 0.5, 'bookings go on')

            good = [f'wallet/{wallets[number]}' for number in (0, 4, 5, 6, 7)]
            wait_until(lambda: all(crm.versions().get(subject) == list(range(1, 12)) for subject in good))
            refused = {f'wallet/{wallets[number]}' for number in (1, 2, 3)}
            for subject in refused:
                self.assertEqual(crm.versions()[subject], [1], 'nothing behind a refused event')

            def dead():
                fans[0]()  # it is accepted: the receiver is not down
                return self.sink(running)['deadLetters']
            wait_until(lambda: dead() == 30, 60)
            self.assertEqual(self.sink(running)['parkedEvents'], 0)
            letters = call(running.url + '/admin/sinks/crm/dead-letters?limit=200', token=KEY)[1]['data']
            self.assertEqual({letter['subject'] for letter in letters}, refused)
            self.assertEqual({letter['reason'] for letter in letters}, {
                'it answered with status 500', 'it answered with status 302, and redirects are not followed',
                'Transferred a partial file'})
            wait_until(lambda: self.metric(running, 'stagedoor_events_dead_letters') == 30, 5)

            crm.behave = lambda event: None
            first = min(letter['id'] for letter in letters)
            self.assertIn('1 dead letters dropped', self.events(running, 'dead', 'drop', 'crm', str(first)))
            self.assertEqual(len(self.events(running, 'dead', 'list', 'crm').splitlines()), 29)
            self.assertIn('29 dead letters are tried again', self.events(running, 'dead', 'send', 'crm', '--all'))
            sent = {letter['id'] for letter in letters} - {first}
            wait_until(lambda: sent <= {int(event['id']) for event in crm.accepted})
            self.assertEqual(self.sink(running)['deadLetters'], 0)
            log = call(running.url + '/admin/log', token=KEY)[1]['data']
            self.assertEqual([row['action'] for row in log[:2]], ['sink.send_dead_letters', 'sink.drop_dead_letters'])
        self.assertEqual(crm.faults, [])
        self.assertEqual(running.exit_code, 0)
        audit = server.run('audit', folder=self.folder)
        self.assertEqual(audit.returncode, 0, audit.stdout)

    def test_a_receiver_that_is_down_costs_lag_and_nothing_else_also_through_kill_9(self):
        crm = self.receiver()
        with self.serve(crm.port) as running:
            fans = [self.fan(running) for _ in range(5)]
            for charge in fans:
                charge(2)
            wait_until(lambda: len(crm.accepted) == 10)
            for way in (answer(503), lambda handler: time.sleep(60)):
                crm.behave = lambda event: way
                for charge in fans:
                    charge()
                wait_until(lambda: 'delivery of events to crm failed' in self.log(), 40)
            wait_until(lambda: self.metric(running, 'stagedoor_events_oldest_unaccepted_seconds') > 0.5)
            self.assertEqual(self.sink(running)['parkedEvents'], 0)
            self.assertEqual(self.sink(running)['behind'], 10)
            running.process.kill()
            running.process.wait()
        crm.close()
        with self.serve(crm.port) as running:  # refused connections
            for charge in [self.fan(running) for _ in range(5)]:
                charge()
            wait_until(lambda: "Couldn't connect" in self.log() or 'connect to server' in self.log())
            self.assertEqual((self.sink(running)['behind'], self.sink(running)['parkedEvents']), (15, 0))
            again = self.receiver(crm.port)
            wait_until(lambda: len(again.versions()) == 10, 60)
            wait_until(lambda: self.sink(running)['behind'] == 0)
        versions = crm.versions()
        for subject, rest in again.versions().items():
            versions[subject] = versions.get(subject, []) + [version for version in rest if version > max(versions.get(subject, [0]))]
        self.assertEqual(sorted(versions.values()), [[1]] * 5 + [[1, 2, 3, 4]] * 5, 'nothing was lost, and the order of each key kept')

    def test_kill_9_between_deliveries_loses_nothing_that_was_parked(self):
        crm = self.receiver()
        with self.serve(crm.port) as running:
            fans = [self.fan(running) for _ in range(4)]
            for charge in fans:
                charge()
            wait_until(lambda: len(crm.accepted) == 4)
            bad = crm.accepted[0]['subject']
            crm.behave = lambda event: answer(500) if event['subject'] == bad else None
            for _ in range(5):
                for charge in fans:
                    charge()
            wait_until(lambda: self.sink(running)['parkedEvents'] == 5)
            running.process.kill()
            running.process.wait()
        crm.behave = lambda event: None
        with self.serve(crm.port) as running:
            wait_until(lambda: list(crm.versions().values()) == [[1, 2, 3, 4, 5, 6]] * 4)
            wait_until(lambda: self.sink(running)['parkedEvents'] == 0)

    def test_events_are_delivered_again_when_an_operator_asks_for_it(self):
        crm = self.receiver()
        with self.serve(crm.port) as running:
            self.fan(running)(3)
            wait_until(lambda: len(crm.accepted) == 3)
            wait_until(lambda: self.sink(running)['behind'] == 0)
            ids = [int(event['id']) for event in crm.accepted]
            self.assertRegex(self.events(running, 'status'), rf'(?m)^crm +{ids[-1]} +0 ')
            self.assertIn(f'from event {ids[1]} on', self.events(running, 'replay', 'crm', '--from', str(ids[1])))
            wait_until(lambda: len(crm.accepted) == 5)
            self.assertEqual([int(event['id']) for event in crm.accepted[3:]], ids[1:])
            status, said = call(running.url + '/admin/sinks/crm/replay', 'POST', {'from': ids[-1] + 5}, KEY)
            self.assertEqual((status, said['code']), (400, 'INVALID_REQUEST'), 'no event is skipped')
            for arguments, code, text in ((('replay', 'crn', '--from', '1'), 1, 'it has crm'), (('dead', 'send', 'crm'), 2, 'ID or --all'),
                                          (('dead', 'drop', 'crm', '99'), 1, 'has no more dead letters with these ids')):
                result = server.run('events', *arguments, '--url', running.url, f'--admin.keys=anna:owner:{KEY}', folder=self.folder)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertIn(text, result.stdout + result.stderr)
        result = server.run('events', 'status', '--url', running.url, f'--admin.keys=anna:owner:{KEY}', folder=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assertIn('is the server running?', result.stderr)

    def test_private_addresses_are_refused_by_whatever_name(self):
        crm = self.receiver()
        for host in ('127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433'):
            with self.serve(crm.port, scheme='https', host=host, private='false') as running:
                self.fan(running)()
                wait_until(lambda: 'address is not public' in self.log(), 15)
        self.assertEqual(crm.accepted, [])

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '1',
                        '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], cwd=self.folder, check=True, capture_output=True)
        crm = self.receiver()
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / 'cert.pem', self.folder / 'key.pem')
        crm.server.socket = context.wrap_socket(crm.server.socket, server_side=True)
        with self.serve(crm.port, scheme='https') as running:
            self.fan(running)()
            wait_until(lambda: 'SSL' in self.log(), 15)
        self.assertEqual(crm.accepted, [])


class Instances(Sale):
    """Over one PostgreSQL."""

    def test_another_one_goes_on_with_the_parked_keys_of_one_that_was_killed(self):
        if not list(pathlib.Path('/usr/lib/postgresql').glob('*/bin')):
            self.skipTest('PostgreSQL is not installed')
        self.folder.chmod(0o755)
        folders = [self.folder / name for name in ('postgres', 'a', 'b')]
        for folder in folders:
            folder.mkdir()
        crm = self.receiver()
        with local_servers.PostgresServer(folders[0]) as database, contextlib.ExitStack() as stack:
            shared = (f'--store.url={database.url()}', '--auth.keys=' + 'k' * 64)
            instances = [stack.enter_context(self.serve(crm.port, *shared, folder=folder)) for folder in folders[1:]]
            fans = [self.fan(instances[0]) for _ in range(4)]
            for charge in fans:
                charge()
            wait_until(lambda: len(crm.versions()) == 4)
            bad = crm.accepted[0]['subject']
            crm.behave = lambda event: answer(500) if event['subject'] == bad else None
            for charge in fans * 2:
                charge()
            wait_until(lambda: self.sink(instances[1])['parkedEvents'] == 2)
            wait_until(lambda: any(self.metric(one, 'stagedoor_events_parked') == 2 for one in instances), 5)
            instances.sort(key=lambda one: self.metric(one, 'stagedoor_events_parked'))
            other, killed = instances
            self.assertEqual(self.metric(other, 'stagedoor_events_parked'), 0, 'one of them delivers')
            killed.process.kill()
            killed.process.wait()
            crm.behave = lambda event: None
            self.fan(other)()
            wait_until(lambda: sorted(crm.versions().values()) == [[1]] + [[1, 2, 3]] * 4)
            wait_until(lambda: self.sink(other)['parkedEvents'] == 0)
            self.assertRegex(self.events(other, 'status'), r'(?m)^crm +\d+ +0 ')
            audit = server.run('audit', shared[0], folder=self.folder)
            self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)
        self.assertEqual(crm.faults, [])


class Example(unittest.TestCase):
    """examples/consumers/webhook/receiver.py."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / 'secrets').write_text(SECRETS[1] + '\n')
        (self.folder / 'addresses.csv').write_text('event,place,address\n1,17,a@example.com\n1,18,d@example.com\n1,20,b@example.com\n2,18,c@example.com\n')

    @contextlib.contextmanager
    def running(self):
        process = subprocess.Popen([sys.executable, str(ROOT / 'examples/consumers/webhook/receiver.py'), '--listen', '127.0.0.1:0',
                                    '--secrets', 'secrets', '--out', 'events.jsonl', '--notify', 'addresses.csv'],
                                   cwd=self.folder, stderr=subprocess.PIPE, text=True)
        try:
            yield 'http://' + process.stderr.readline().split()[-1] + '/'
        finally:
            process.terminate()
            process.wait(timeout=10)
            process.stderr.close()

    def post(self, url, event, secret=SECRETS[1], age=0, body=None):
        body = body if body is not None else json.dumps(event).encode()
        at = int(time.time()) - age
        import hashlib
        import hmac
        code = hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(url, data=body, headers={'Stagedoor-Signature': f't={at},v1={"0" * 64},v1={code}'})
        try:
            with urllib.request.urlopen(request, timeout=10) as said:
                return said.status
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code

    def test_verifies_signatures_drops_repeats_and_writes_mails(self):
        admitted = {'id': '7', 'type': 'stagedoor.queue.admitted.v1', 'subject': 'queue/1', 'keyversion': 3,
                    'data': {'event': 1, 'from': 16, 'to': 19, 'count': 3, 'places': [16, 17, 19]}}
        with self.running() as url:
            self.assertEqual(self.post(url, admitted, secret='another-secret'), 401)
            self.assertEqual(self.post(url, admitted, age=301), 401)
            self.assertEqual(self.post(url, admitted, age=-301), 401)
            self.assertEqual(self.post(url, None, body=b'[1]'), 400)
            self.assertEqual(self.post(url, admitted), 204)
            self.assertEqual(self.post(url, admitted), 204, 'a repeat')
        with self.running() as url:
            self.assertEqual(self.post(url, admitted), 204, 'a repeat after a restart')
            self.assertEqual(self.post(url, {**admitted, 'keyversion': 2}), 204, 'an older one')
            self.assertEqual(self.post(url, {**admitted, 'keyversion': 4, 'type': 'stagedoor.other.v1'}), 204)
        self.assertEqual([json.loads(line)['keyversion'] for line in (self.folder / 'events.jsonl').read_text().splitlines()], [3, 4])
        mails = (self.folder / 'mails.txt').read_text()
        self.assertEqual(re.findall('To: (.*)', mails), ['a@example.com'])
        self.assertIn('place 17 of event 1', mails)


if __name__ == '__main__':
    report.main()
