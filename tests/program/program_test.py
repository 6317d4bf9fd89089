#!/usr/bin/env python3
"""The program as operators and scripts meet it: exit codes, where output goes, wrong settings (R-K1, R-K2)."""
import concurrent.futures
import contextlib
import datetime
import functools
import http.client
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / 'tidy')]
import checks
import report
import server
from server import call


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *arguments, **environment):
        return server.run(*arguments, folder=self.folder, environment=environment)


class WrongSettings(InFolder):
    def test_every_fault_is_told_with_its_place_and_nothing_is_touched(self):  # R-K1
        (self.folder / 'stagedoor.toml').write_text('[http]\nlisen = "127.0.0.1:0"\n\n[lane]\nbatch_max = "9"\n')
        for command in (['serve'], ['import', 'catalogue.yaml'], ['audit'], ['backup', 'copy.db'], ['verify-config']):
            result = self.run_program(*command, '--store.url=sqlite:new.db', STAGEDOOR_LOG_LEVEL='loud')
            self.assertEqual(result.returncode, 2, command)
            self.assertEqual(result.stdout, '')
            self.assertIn('stagedoor.toml:2: unknown setting http.lisen; write listen = … under [http]', result.stderr)
            self.assertIn('stagedoor.toml:5: lane.batch_max', result.stderr)
            self.assertIn('environment STAGEDOOR_LOG_LEVEL: log.level', result.stderr)
            self.assertEqual([path.name for path in self.folder.iterdir()], ['stagedoor.toml'], command)

    def test_address_beyond_loopback_is_refused_with_the_reason(self):  # R-W8
        result = self.run_program('serve', '--http.listen=0.0.0.0:0')
        self.assertEqual(result.returncode, 2)
        self.assertIn('not loopback', result.stderr)
        self.assertIn('auth.trust_clients', result.stderr)

    def test_missing_folder_of_the_store_is_named_with_what_to_do(self):
        (self.folder / 'catalogue.yaml').write_text('events: []\n')
        for command in (['serve'], ['import', 'catalogue.yaml'], ['audit'], ['backup', 'copy.db'], ['clock'],
                        ['fairness', '--event', '1']):
            result = self.run_program(*command, '--store.url=sqlite:new/folder/a.db')
            self.assertEqual((result.returncode, result.stdout), (2, ''), command)
            self.assertIn('flag --store.url: store.url: the folder new/folder of', result.stderr)
            self.assertIn('mkdir -p new/folder', result.stderr)
            self.assertEqual([path.name for path in self.folder.iterdir()], ['catalogue.yaml'], command)

    def test_missing_folder_of_a_backup_is_named_with_what_to_do(self):
        (self.folder / 'catalogue.yaml').write_text('events: []\n')
        self.assertEqual(self.run_program('import', 'catalogue.yaml').returncode, 0)
        result = self.run_program('backup', 'new/copy.db')
        self.assertEqual((result.returncode, result.stdout), (2, ''))
        self.assertIn('mkdir -p new', result.stderr)

    def test_store_that_is_not_there_is_not_judged_and_not_made(self):
        for command in (['audit'], ['backup', 'copy.db'], ['clock'], ['fairness', '--event', '1']):
            result = self.run_program(*command, '--store.url=sqlite:typo.db')
            self.assertEqual((result.returncode, result.stdout), (2, ''), (command, result.stderr))
            self.assertIn('there is no store typo.db', result.stderr)
            self.assertEqual(list(self.folder.iterdir()), [], command)

    def test_unknown_sub_command_and_option_end_with_code_2(self):
        for arguments in ([], ['sing'], ['serve', '--loud'], ['import']):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ''), arguments)
            self.assertNotEqual(result.stderr, '')


class RightSettings(InFolder):
    def test_verify_config_shows_origins_and_masks_secrets(self):  # R-K2
        (self.folder / 'other.toml').write_text('[http]\nthreads = 3\n')
        result = self.run_program('verify-config', '--config', 'other.toml', '--admin.keys=ops:owner:geheim-geheim-geheim',
                                  STAGEDOOR_WALLET_BALANCE_MAX='7')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertRegex(result.stdout, r'threads = 3 +# other.toml:2\n')
        self.assertRegex(result.stdout, r'balance_max = 7 +# environment STAGEDOOR_WALLET_BALANCE_MAX\n')
        self.assertRegex(result.stdout, r'keys = \["ops:owner:\*\*\*"\] +# flag --admin.keys\n')
        self.assertNotIn('geheim', result.stdout)

    def test_working_directory_is_searched_for_settings(self):  # R-K2
        (self.folder / 'stagedoor.toml').write_text('[http]\nthreads = 3\n')
        self.assertRegex(self.run_program('verify-config').stdout, r'threads = 3 +# stagedoor.toml:2\n')

    def test_settings_shown_to_operators_are_right_and_those_for_one_machine_are_wise(self):
        page = (server.ROOT / 'docs/operations.md').read_text()
        several, = (block for block in checks.code_blocks(page, 'toml') if 'postgres://' in block)
        self.assertIn('listen = "0.0.0.0:8080"', several)
        (self.folder / 'several.toml').write_text(several)
        keys = {'STAGEDOOR_AUTH_KEYS': 'k' * 64, 'STAGEDOOR_ADMIN_KEYS': 'anna:owner:' + 'k' * 64,
                'STAGEDOOR_AUTH_GATEWAY_SECRET': 'g' * 64}
        for config in ('several.toml', str(server.ROOT / 'deploy/stagedoor.toml')):
            result = self.run_program('verify-config', '--config', config, **keys)
            self.assertEqual((result.returncode, result.stderr), (0, ''), config)
        warned = [line for line in result.stdout.splitlines() if line.startswith('# - ')]
        self.assertEqual([line for line in warned if 'the folder /var/lib/stagedoor' not in line], [])

    def test_help_and_version_go_to_standard_output(self):
        for arguments in (['--help'], ['serve', '--help'], ['crowd', '--help'], ['version']):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ''), arguments)
            self.assertNotEqual(result.stdout, '')

    def test_committed_openapi_is_up_to_date(self):  # R-X8
        result = self.run_program('openapi')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual((server.ROOT / 'api/openapi.json').read_text(), result.stdout, 'run ./x openapi')

    def test_openapi_needs_no_store(self):
        no_file = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
        result = subprocess.run([server.BINARY, 'openapi'], cwd=self.folder, env=server.clean_environment(), preexec_fn=no_file,
                                capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_list_of_event_types_is_up_to_date(self):  # R-M6
        listed = self.run_program('openapi', '--event-types').stdout
        page = (server.ROOT / 'docs/events.md').read_text()
        between = re.search(r'^<!-- generated[^\n]*\n(.*)^<!-- end', page, re.MULTILINE | re.DOTALL).group(1)
        self.assertEqual(between, listed, 'run ./x openapi')

    def test_committed_event_schemas_are_up_to_date(self):  # R-E3
        self.assertEqual(self.run_program('openapi', '--events', 'events').returncode, 0)
        made = {path.name: path.read_text() for path in (self.folder / 'events').iterdir()}
        committed = {path.name: path.read_text() for path in (server.ROOT / 'api/events').iterdir()}
        self.assertEqual(committed, made, 'run ./x openapi')
        for name, schema in made.items():
            self.assertNotIn('additionalProperties', schema, f'{name}: within a version members may be added')


class Work(InFolder):
    """What an operator does with one store, through the program alone."""

    CATALOGUE = str(server.ROOT / 'demo/catalogue.yaml')

    def test_serve_listens_answers_and_ends_with_code_0(self):  # R-K1, R-O4
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}') as running:
            for path, expected in (('/healthz', b'"alive":true'), ('/readyz', b'"ready":true'), ('/metrics', b'# TYPE')):
                with urllib.request.urlopen(running.url + path, timeout=10) as answer:
                    self.assertIn(expected, answer.read(), path)
        self.assertEqual(running.exit_code, 0)

    def test_openapi_served_is_the_one_committed(self):  # R-X8
        with server.Server(self.folder) as running:
            with urllib.request.urlopen(running.url + '/openapi.json', timeout=10) as answer:
                self.assertEqual(json.load(answer), json.loads((server.ROOT / 'api/openapi.json').read_text()))

    def test_join_without_event_needs_a_default_where_several_are_on_sale(self):  # R-Q8
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}') as running:
            status, said = call(running.url + '/queue', 'POST', {'userId': str(uuid.uuid4())})
            self.assertEqual((status, said['code']), (400, 'EVENT_ID_REQUIRED'))
        with server.Server(self.folder, '--queue.default_event=2') as running:
            status, said = call(running.url + '/queue', 'POST', {'userId': str(uuid.uuid4())})
            self.assertEqual((status, said['data']['eventId']), (201, 2))

    def test_operator_calls_need_a_key_whose_role_is_high_enough(self):  # R-O1
        keys = '--admin.keys=anna:owner:the-secret-of-anna,gate:viewer:secret-of-the-gate'
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}', keys) as running:
            events, pause = running.url + '/admin/events', running.url + '/admin/events/1/queue/pause'
            for token in (None, 'made-up'):
                status, said = call(events, token=token)
                self.assertEqual((status, said['code']), (401, 'ADMIN_KEY_INVALID'))
            self.assertEqual(call(events, token='secret-of-the-gate')[0], 200)
            status, said = call(pause, 'POST', {}, token='secret-of-the-gate')
            self.assertEqual((status, said['code']), (403, 'FORBIDDEN'))
            self.assertEqual(call(pause, 'POST', {}, token='the-secret-of-anna')[0], 200)
            status, said = call(running.url + '/admin/log', token='secret-of-the-gate')
            self.assertEqual(status, 200)
            self.assertEqual(said['data'][0]['operatorName'], 'anna', said)
            self.assertNotIn('secret-of', (self.folder / 'stderr.log').read_text())

    def test_import_again_changes_nothing_and_the_audit_is_clean(self):  # R-K4, R-O3
        first, again = self.run_program('import', self.CATALOGUE), self.run_program('import', self.CATALOGUE)
        self.assertEqual((first.returncode, again.returncode), (0, 0), first.stderr + again.stderr)
        self.assertNotEqual(first.stdout, again.stdout)
        audit = self.run_program('audit')
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_a_store_that_cannot_be_reached_was_not_judged(self):  # R-O3, R-Q17
        nowhere = '--store.url=postgres://stagedoor@127.0.0.1:1/sale?password=secret-of-the-store'
        for command in (('audit',), ('fairness', '--event', '1')):
            result = self.run_program(*command, nowhere)
            self.assertEqual((result.returncode, result.stdout), (2, ''), result.stderr)
            self.assertIn('127.0.0.1', result.stderr)
            self.assertNotIn('secret-of-the-store', result.stderr)

    def test_wrong_catalogue_is_code_2_with_its_line(self):  # R-K1, R-K4
        (self.folder / 'wrong.yaml').write_text('events:\n  - id: 1\n    nam: Night\n')
        result = self.run_program('import', 'wrong.yaml')
        self.assertEqual(result.returncode, 2)
        self.assertIn('wrong.yaml:3', result.stderr)

    def test_backup_of_a_serving_store_passes_the_audit(self):  # R-O6
        with server.Server(self.folder, f'--catalogue.file={self.CATALOGUE}'):
            backup = self.run_program('backup', 'copy.db')
            self.assertEqual(backup.returncode, 0, backup.stderr)
            self.assertEqual(self.run_program('backup', 'copy.db').returncode, 1, 'never over another file')
        audit = self.run_program('audit', '--store.url=sqlite:copy.db')
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)


class Import(InFolder):
    """Files and operators change the catalogue in turn (R-K4)."""

    KEY = 'the-secret-of-anna'
    SALE = """
events:
  - {{id: 1, name: Night, on_sale: {{from: 2026-01-01T00:00:00Z, until: 2036-01-01T00:00:00Z}}, queue: {{capacity: {capacity}}},
     dates: [{{id: 1, starts_at: 2036-02-01T19:00:00Z, prices: {{Standard: {price}}}}}]}}
"""

    def write(self, name='sale.yaml', capacity=1000, price=500):
        (self.folder / name).write_text(self.SALE.format(capacity=capacity, price=price))

    def serve(self, *settings):
        return server.Server(self.folder, f'--admin.keys=anna:owner:{self.KEY}', *settings)

    def call(self, running, method, path, body=None):
        status, said = call(running.url + path, method, body, token=self.KEY)
        self.assertEqual(status, 200, said)
        return said['data']

    def stored(self, running):
        event = self.call(running, 'GET', '/admin/events/1')
        return event['queue']['capacity'], event['closed'], event['dates'][0]['prices']['Standard']

    def messages(self):
        return [json.loads(line)['message'] for line in (self.folder / 'stderr.log').read_text().splitlines()]

    def test_a_restart_does_not_undo_what_operators_changed(self):
        self.write()
        with self.serve('--catalogue.file=sale.yaml') as running:
            self.call(running, 'PATCH', '/admin/events/1', {'queue': {'capacity': 7}, 'closed': True})
            self.call(running, 'PATCH', '/admin/dates/1', {'prices': {'Standard': 0}})
        with self.serve('--catalogue.file=sale.yaml') as running:
            self.assertEqual(self.stored(running), (7, True, 0))
        self.assertIn('what operators changed stays, although catalogue.file says otherwise', self.messages())

        kept = 'kept as operators changed it 2\n  event 1: capacity, file 1000, now 7\n  date 1: prices.Standard, file 500, now 0\n'
        for arguments, code, expected in (((), 0, kept), (('--strict',), 3, kept), (('--overwrite', '--strict'), 0, 'changed 2\n')):
            result = self.run_program('import', 'sale.yaml', *arguments)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(expected, result.stdout)
        with self.serve() as running:
            self.assertEqual(self.stored(running), (1000, True, 500), 'the file does not say whether it is closed')

    def test_a_start_does_not_go_back_to_a_file_that_another_one_followed(self):
        self.write('old.yaml', capacity=1)
        self.write('new.yaml', capacity=2)
        with self.serve('--catalogue.file=old.yaml'):
            pass
        self.assertEqual(self.run_program('import', 'new.yaml').returncode, 0)
        for _ in range(2):
            with self.serve('--catalogue.file=old.yaml') as running:
                self.assertEqual(self.stored(running)[0], 2)
            self.assertIn('run stagedoor import', ' '.join(self.messages()))
        self.assertEqual(self.run_program('import', 'old.yaml').returncode, 0)
        with self.serve('--catalogue.file=old.yaml') as running:
            self.assertEqual(self.stored(running)[0], 1)
        self.assertNotIn('run stagedoor import', ' '.join(self.messages()))

    def test_import_beside_a_server_names_the_call_that_does_it(self):
        self.write()
        with self.serve() as running:
            result = self.run_program('import', 'sale.yaml')
            self.assertEqual((result.returncode, result.stdout), (2, ''))
            self.assertIn('POST /admin/import', result.stderr)
            request = urllib.request.Request(running.url + '/admin/import', data=(self.folder / 'sale.yaml').read_bytes(),
                                             headers={'Authorization': f'Bearer {self.KEY}'})
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.assertIn('event 1 Night', json.load(answer)['data']['added'])

    def test_the_call_takes_a_file_of_a_mebibyte(self):
        self.write()
        text = (self.folder / 'sale.yaml').read_text()
        with self.serve() as running:
            request = urllib.request.Request(running.url + '/admin/import', data=text.encode().ljust(1 << 20, b'#'),
                                             headers={'Authorization': f'Bearer {self.KEY}'})
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.assertEqual(answer.status, 200)
            client = http.client.HTTPConnection(urllib.parse.urlsplit(running.url).netloc, timeout=10)
            client.request('POST', '/admin/import', headers={'Content-Length': str((1 << 20) + 1)})
            self.assertEqual(client.getresponse().status, 413)
            client.close()

    def test_a_free_concert_is_sold_and_the_audit_is_clean(self):  # R-C6
        self.write(price=0)
        with self.serve('--catalogue.file=sale.yaml') as running:
            crowd = self.run_program('crowd', '--url', running.url, '--event', '1', '--fans', '10', '--abandon', '0')
            self.assertEqual(crowd.returncode, 0, crowd.stdout + crowd.stderr)
            self.assertEqual(call(running.url + '/events/1')[1]['data']['dates'][0]['prices'],
                             [{'category': 'Standard', 'price': 0, 'left': 40}])
        audit = self.run_program('audit')
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_a_wrong_file_leaves_nothing_behind(self):  # R-K1
        for name, text in (('syntax', 'events: ['), ('field', 'events: [{nam: Night}]'),
                           ('plan', self.SALE.format(capacity=1, price=1).replace('prices', 'layout: arena, prices'))):
            (self.folder / 'wrong.yaml').write_text(text)
            for command in (('import', 'wrong.yaml'), ('serve', '--http.listen=127.0.0.1:0', '--catalogue.file=wrong.yaml')):
                result = self.run_program(*command)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn('wrong.yaml:', result.stderr, name)
                self.assertEqual([path.name for path in self.folder.iterdir()], ['wrong.yaml'], (name, command))

    def test_a_certificate_that_is_not_there_is_code_2_and_leaves_nothing_behind(self):  # R-K1
        result = self.run_program('serve', '--http.listen=127.0.0.1:0', '--http.tls_certificate=c.pem', '--http.tls_key=k.pem')
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn('c.pem', result.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_operator_key_is_shown_by_whatever_made_the_store(self):  # R-K3
        self.write()
        taken = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(taken.close)
        for name, command in (('import', ('import', 'sale.yaml')),
                              ('serve', ('serve', f'--http.listen=127.0.0.1:{taken.getsockname()[1]}'))):
            store = f'--store.url=sqlite:{name}.db'
            first, again = self.run_program(*command, store), self.run_program(*command, store)
            key = (self.folder / f'{name}.db.operator').read_text().splitlines()[-1]
            self.assertEqual(first.stderr.count(key), 1, first.stderr)
            self.assertNotIn(key, again.stderr)

    def test_a_default_event_that_is_not_there_is_told_at_start(self):  # R-Q8
        self.write()
        for event, expected in ((1, False), (999, True)):
            with self.serve('--catalogue.file=sale.yaml', f'--queue.default_event={event}'):
                pass
            self.assertEqual(any('queue.default_event' in message for message in self.messages()), expected)


class EventsOut(InFolder):
    """Events on standard output (R-E1, R-E2, R-E5)."""

    SETTINGS = (f'--catalogue.file={Work.CATALOGUE}', '--events.sinks=out=stdout:')

    def charge(self, running):
        user = str(uuid.uuid4())
        said = call(running.url + '/queue', 'POST', {'userId': user, 'eventId': 1})[1]
        path = f'{running.url}/users/{user}/balance/charge'
        return lambda: call(path, 'PUT', {'amount': 1}, token=said['data']['token'].removeprefix('Bearer '))

    def test_a_sale_is_told_in_order_and_once(self):
        with server.Server(self.folder, *self.SETTINGS) as running:
            crowd = self.run_program('crowd', '--url', running.url, '--event', '1', '--fans', '10', '--abandon', '0')
            self.assertEqual(crowd.returncode, 0, crowd.stdout + crowd.stderr)
            events = []
            while sum(event['type'] == 'stagedoor.payment.made.v1' for event in events) < 10:
                events.append(json.loads(running.process.stdout.readline()))
        self.assertEqual(running.exit_code, 0)
        ids = [int(event['id']) for event in events]
        self.assertEqual(ids, sorted(set(ids)), 'in commit order, none twice')
        versions = {}
        for event in events:
            versions.setdefault(event['subject'], []).append(event['keyversion'])
        for key, seen in versions.items():
            self.assertEqual(seen, list(range(1, len(seen) + 1)), key)
        self.assertLessEqual({'stagedoor.reservation.held.v1', 'stagedoor.reservation.paid.v1', 'stagedoor.wallet.charged.v1',
                              'stagedoor.event.created.v1', 'stagedoor.date.added.v1', 'stagedoor.queue.admitted.v1'},  # R-E4
                             {event['type'] for event in events})
        admitted = sum(event['data']['count'] for event in events if event['type'] == 'stagedoor.queue.admitted.v1')
        self.assertEqual(admitted, 10)

        with server.Server(self.folder, *self.SETTINGS) as running:
            self.charge(running)()
            later = []
            while not later or later[-1]['type'] != 'stagedoor.wallet.charged.v1':
                later.append(json.loads(running.process.stdout.readline()))
            self.assertGreater(int(later[0]['id']), ids[-1], 'nothing is repeated')
        self.assertEqual({event['specversion'] for event in events + later}, {'1.0'})  # R-E3
        self.assertEqual(len({event['source'] for event in events + later}), 1, 'the store keeps its id')
        self.assertRegex(later[0]['source'], '^/stagedoor/[0-9a-f-]{36}$')

    def test_a_reader_that_does_not_read_delays_no_booking_and_no_stop(self):
        with server.Server(self.folder, *self.SETTINGS) as running:
            charge = self.charge(running)
            for _ in range(400):  # more than the pipe holds
                self.assertEqual(charge()[0], 200)
            with urllib.request.urlopen(running.url + '/metrics', timeout=10) as answer:
                self.assertRegex(answer.read().decode(), r'stagedoor_events_oldest_unaccepted_seconds\{sink="out"\} 0*[.1-9]')
            begin = time.monotonic()
        self.assertEqual(running.exit_code, 0)
        self.assertLess(time.monotonic() - begin, 20)
        audit = self.run_program('audit')
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)


class Log(InFolder):
    """The log never stops the server and never floods (R-A9)."""

    SETTINGS = (f'--catalogue.file={Work.CATALOGUE}', '--admin.keys=anna:owner:the-secret-of-anna')

    def assert_serves_and_stops(self, *settings, stderr):
        """Returns the metrics after a thousand requests; the server also ends in time."""
        with server.Server(self.folder, *self.SETTINGS, *settings, stderr=stderr) as running:
            address = urllib.parse.urlsplit(running.url)
            client = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
            for _ in range(1000):
                client.request('GET', '/events')
                self.assertEqual(client.getresponse().read()[:15], b'{"success":true')
            client.request('GET', '/metrics')
            metrics = client.getresponse().read().decode()
            begin = time.monotonic()
        self.assertEqual(running.exit_code, 0)
        self.assertLess(time.monotonic() - begin, 15)
        return metrics

    def test_standard_error_that_nobody_reads_stops_neither_answers_nor_the_end(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writer, b'x' * size)
        os.set_blocking(writer, True)
        with open(writer, 'wb') as full:
            self.assert_serves_and_stops('--log.level=debug', stderr=full)

    def test_log_that_does_not_fit_on_its_disk_is_counted(self):
        with open('/dev/full', 'wb') as full:
            metrics = self.assert_serves_and_stops('--log.level=debug', stderr=full)
        self.assertRegex(metrics, r'\nstagedoor_log_dropped_lines_total [1-9]')

    def test_overload_is_a_line_a_second_and_not_one_for_each_answer(self):
        begin = time.monotonic()
        with server.Server(self.folder, *self.SETTINGS, '--lane.join_queue=1', '--lane.batch_max=1') as running:
            address = urllib.parse.urlsplit(running.url)

            def join(connections, requests=500):
                """Sends them all before it reads; returns how many were refused as OVERLOADED."""
                sockets = [socket.create_connection((address.hostname, address.port), timeout=30) for _ in range(connections)]
                for each in sockets:
                    each.sendall(b''.join(
                        b'POST /queue HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s'
                        % (len(body), b'Connection: close\r\n' if last else b'', body)
                        for last, body in ((i == requests - 1, json.dumps({'eventId': 1, 'userId': str(uuid.uuid4())}).encode())
                                           for i in range(requests))))
                answers = b''
                for each in sockets:
                    while part := each.recv(1 << 20):
                        answers += part
                    each.close()
                return answers.count(b'"code":"OVERLOADED"')
            with concurrent.futures.ThreadPoolExecutor(4) as clients:
                refused = sum(clients.map(join, [4] * 8))
        seconds = time.monotonic() - begin
        self.assertGreater(refused, 200, 'the test refused nothing')
        lines = [json.loads(line) for line in (self.folder / 'stderr.log').read_text().splitlines()]
        told = [line for line in lines if 'OVERLOADED' in line['message']]
        self.assertEqual(sum(line.get('count', 1) for line in told), refused)
        self.assertLessEqual(len(told), 2 + seconds)
        self.assertLessEqual(len(lines), 20 + seconds, lines)

    def test_log_tells_what_operators_ask_about_in_ecs_names_with_numbers_as_numbers(self):
        with server.Server(self.folder, *self.SETTINGS, '--log.level=debug') as running:
            call(running.url + '/admin/events/1/queue/pause', 'POST', {}, token='the-secret-of-anna')
            call(running.url + '/events')
        text = (self.folder / 'stderr.log').read_text()
        self.assertNotIn('the-secret-of-anna', text)
        lines = [json.loads(line) for line in text.splitlines()]
        expected = ['catalogue imported', 'server started', 'operator action', 'server stopping', 'server stopped']
        self.assertEqual([line['message'] for line in lines if line['message'] in expected and line['log.level'] == 'info'], expected)
        request = next(line for line in lines if line.get('url.path') == '/events')
        self.assertEqual((request['http.response.status_code'], request['event.dataset']), (200, 'stagedoor.request'))
        self.assertIsInstance(request['event.duration'], int)


class Metrics(InFolder):
    """docs/metrics.md lists what /metrics has (R-A10, R-O4)."""

    def test_page_lists_every_metric_with_its_type_and_labels(self):
        page = {}
        for line in (server.ROOT / 'docs/metrics.md').read_text().splitlines():
            if line.startswith('| `'):
                name, kind, labels, meaning = (cell.strip() for cell in line.strip('|').split('|'))
                if not re.search('only with (several instances|`room.url`|`auth.mode = jwt`)', meaning):
                    page[name.strip('`')] = (kind, sorted(re.findall('`(.+?)`', labels)))
        settings = (f'--catalogue.file={Work.CATALOGUE}', '--events.sinks=out=stdout:,crm=http://127.0.0.1:1/',
                    '--events.private_targets=true', '--events.webhook_secrets=a-secret-of-a-webhook')
        with server.Server(self.folder, *settings) as running:
            for wait in (0, 1.2):  # the first scrape is a request that the second one counts; /metrics is collected once a second
                time.sleep(wait)
                with urllib.request.urlopen(running.url + '/metrics', timeout=10) as answer:
                    text = answer.read().decode()
                call(running.url + '/events/999')  # a refusal
        live = {name: (kind, set()) for name, kind in re.findall(r'(?m)^# TYPE (\S+) (\S+)$', text)}
        for name, labels in re.findall(r'(?m)^(\w+)(?:\{(.*)\})? \S+$', text):
            family = name if name in live else re.sub('_(bucket|sum|count)$', '', name)
            live[family][1].update(set(re.findall(r'(\w+)="', labels)) - {'le'})
        self.assertEqual({name: (kind, sorted(labels)) for name, (kind, labels) in live.items()}, page)

        for name, (kind, _) in live.items():  # https://prometheus.io/docs/practices/naming/
            self.assertRegex(name, '^(stagedoor|process)_[a-z_]+$')
            self.assertEqual(name.endswith('_total'), kind == 'counter', name)
            self.assertNotRegex(name, '_(ms|millis|milliseconds|micros|nanos|kb|mb|minutes|hours)(_|$)')
            self.assertIn(f'# HELP {name} ', text)
        values = dict(re.findall(r'(?m)^(process_\w+) (\S+)$', text))
        self.assertGreater(float(values['process_resident_memory_bytes']), 1e6)
        self.assertGreater(float(values['process_open_fds']), 5)
        self.assertLess(abs(float(values['process_start_time_seconds']) - time.time()), 60)


class DrawnSale(unittest.TestCase):
    """A sale that opens with a draw, recomputed and judged (R-Q13, R-Q17)."""

    FANS = 50
    SALE = """
events:
  - id: 7
    name: Drawn Night
    performer: The Lots
    venue: Stagedoor Club
    on_sale: {{from: {opening}, until: 2036-01-01T00:00:00Z}}
    queue: {{order: draw, gather_from: 2026-01-01T00:00:00Z, admission: interval, people: 1, every: 1h}}
"""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.addClassCleanup(os.umask, os.umask(0o022))
        opening = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=5)
        (cls.folder / 'sale.yaml').write_text(cls.SALE.format(opening=opening.isoformat(timespec='milliseconds')))
        running = server.Server(cls.folder, '--catalogue.file=sale.yaml', '--admin.keys=anna:owner:the-secret-of-anna')
        cls.enterClassContext(running)
        cls.url = running.url
        cls.committed = cls.draw_when(lambda draw: True)
        cls.early = cls.verify('--url', cls.url)
        with concurrent.futures.ThreadPoolExecutor(4) as fans:
            cls.joined = list(fans.map(cls.join, range(cls.FANS)))
        draw = cls.draw_when(lambda draw: 'drawnAt' in draw)
        assert draw['people'] == cls.FANS, f'some joined after the opening: {draw}'
        (cls.folder / 'draw.json').write_text(json.dumps({'success': True, 'data': draw}))
        cls.late = cls.join()
        cls.fairness = server.run('fairness', '--event', '7', '--joins', 'joins.csv', folder=cls.folder)

    @classmethod
    def join(cls, _=None):
        status, said = call(cls.url + '/queue', 'POST', {'userId': str(uuid.uuid4()), 'eventId': 7})
        assert status == 201, said
        return said['data']['token']

    @classmethod
    def draw_when(cls, is_wanted):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            status, said = call(cls.url + '/queue/draw/7')
            if status == 200 and is_wanted(said['data']):
                return said['data']
            time.sleep(0.02)
        raise AssertionError(f'waited in vain; the last answer: {said}')

    @classmethod
    def verify(cls, *arguments, event='7'):
        return server.run('verify-draw', '--event', event, *arguments, folder=cls.folder)

    def rank(self, token):
        result = self.verify('--file', 'draw.json', '--list', 'joins.csv', '--token', token)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return int(result.stdout.split('→ rank ')[1].split()[0])

    def test_files_with_user_ids_can_be_read_by_their_owner_only(self):
        modes = {name: (self.folder / name).stat().st_mode & 0o777
                 for name in ('joins.csv', 'stagedoor.db', 'stagedoor.db-wal', 'stagedoor.db-shm', 'stagedoor.db.lock')}
        self.assertEqual(set(modes.values()), {0o600}, modes)
        again = server.run('fairness', '--event', '7', '--joins', 'joins.csv', folder=self.folder)
        self.assertEqual((again.returncode, 'already exists' in again.stderr), (2, True), again.stderr)

    def test_report_needs_no_secret_of_a_webhook(self):
        webhook = '--events.sinks=crm=https://crm.example/'
        report = server.run('fairness', '--event', '7', webhook, folder=self.folder)
        self.assertEqual(report.returncode, self.fairness.returncode, report.stderr)
        self.assertIn('joins', report.stdout)
        for command in ('serve', 'verify-config'):
            refused = server.run(command, webhook, folder=self.folder)
            self.assertEqual((refused.returncode, 'crm needs a secret' in refused.stderr), (2, True), refused.stderr)

    def test_recomputed_ranks_are_the_order_that_everybody_was_told(self):
        told = {}
        for token in self.joined:
            status, said = call(self.url + '/queue', token=token.removeprefix('Bearer '))
            self.assertEqual(status, 200, said)
            told[token] = said['data']['position'] if said['data']['status'] == 'CREATED' else -1
        self.assertEqual(len(set(told.values())), self.FANS)
        in_order = sorted(told, key=told.get)
        self.assertNotEqual(in_order, self.joined, 'drawn, not in the order of joining')
        for rank in (1, 2, 25, self.FANS):
            self.assertEqual(self.rank(in_order[rank - 1]), rank)
        self.assertEqual(self.rank(self.late), self.FANS + 1)

    def test_verifier_of_the_page_agrees_with_the_program(self):
        (self.folder / 'verifier.py').write_text(checks.code_blocks((server.ROOT / 'docs/draw.md').read_text(), 'python')[0])
        result = self.verify('--url', self.url, '--ranks', 'ranks.txt', '--commitment', self.committed['commitment'])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        ranks = dict(tuple(map(int, line.split())) for line in (self.folder / 'ranks.txt').read_text().splitlines())
        self.assertEqual(sorted(ranks.values()), list(range(1, self.FANS + 1)))
        for token in (self.joined[0], self.joined[-1], self.late):
            shown = subprocess.run([sys.executable, 'verifier.py', '7', 'draw.json', token, 'joins.csv'], cwd=self.folder,
                                   capture_output=True, text=True, timeout=60)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            words = shown.stdout.split()
            place, rank = int(words[1]), int(words[-1])
            self.assertEqual(rank, ranks.get(place, place))
            self.assertIn(shown.stdout.strip(), self.verify('--file', 'draw.json', '--token', token).stdout)

    def test_draw_that_is_not_drawn_yet_is_code_1_and_says_so(self):
        self.assertEqual(self.early.returncode, 1, self.early.stderr)
        self.assertIn('not taken place yet', self.early.stdout)
        self.assertIn(self.committed['commitment'], self.early.stdout)

    def test_whatever_is_tampered_with_is_found(self):
        genuine = json.loads((self.folder / 'draw.json').read_text())['data']

        def verify(*arguments, event='7', **changed):
            (self.folder / 'tampered.json').write_text(json.dumps({**genuine, **changed}))  # the data alone is enough
            return self.verify('--file', 'tampered.json', '--list', 'joins.csv', *arguments, event=event)
        self.assertEqual(verify().returncode, 0)
        other, moved = 'ab' * 32, '2027-01-01T00:00:00.000Z'
        for result, wrong in ((verify(seed=other), 'commitment'), (verify(commitment=other), 'commitment'),
                              (verify(opensAt=moved), 'opening'), (verify(event='8'), 'commitment'),
                              (verify(digest=other), 'digest'), (verify(people=self.FANS - 1), 'digest'),
                              (verify(people=self.FANS + 1), 'digest'), (verify('--commitment', other), 'noted before')):
            self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
            self.assertRegex(result.stdout, f'WRONG [^\\n]*{wrong}')
            self.assertIn('Some checks FAILED.', result.stdout)
        lines = (self.folder / 'joins.csv').read_text().splitlines()
        lines[3] = lines[3].replace(lines[3].split(',')[1], str(uuid.uuid4()))
        (self.folder / 'other.csv').write_text('\n'.join(lines))
        result = self.verify('--file', 'draw.json', '--list', 'other.csv')
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r'WRONG [^\n]*digest')

    def test_what_cannot_be_read_is_code_2_with_the_reason(self):
        (self.folder / 'gap.csv').write_text(f'1,{uuid.uuid4()},5\n3,{uuid.uuid4()},6\n')
        (self.folder / 'text.json').write_text('no')
        (self.folder / 'other.json').write_text('{"data":{"algorithm":"x"}}')
        for arguments, reason in (([], 'name the source of the draw'),
                                  (['--file', 'none.json'], 'none.json: cannot be read'),
                                  (['--file', 'text.json'], 'text.json: is not the JSON'),
                                  (['--file', 'other.json'], 'commitment is required'),
                                  (['--file', 'draw.json', '--token', 'made-up'], 'the token is malformed'),
                                  (['--file', 'draw.json', '--commitment', '12'], '64 hexadecimal digits'),
                                  (['--file', 'draw.json', '--list', 'gap.csv'], 'gap.csv:2'),
                                  (['--url', 'http://127.0.0.1:1'], 'no answer')):
            result = self.verify(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(reason, result.stderr)
        result = self.verify('--url', self.url, event='8')
        self.assertEqual(result.returncode, 2)
        self.assertIn('EVENT_NOT_FOUND', result.stderr)

    def test_fairness_is_judged_beside_the_server(self):
        self.assertEqual(self.fairness.returncode, 0, self.fairness.stdout + self.fairness.stderr)
        self.assertRegex(self.fairness.stdout, rf'joins +{self.FANS + 1}\n')
        self.assertRegex(self.fairness.stdout, rf'drawn +{self.FANS} ')
        self.assertIn('The room was fair.', self.fairness.stdout)
        for path in ('pause', 'resume'):
            self.assertEqual(call(f'{self.url}/admin/events/7/queue/{path}', 'POST', {}, token='the-secret-of-anna')[0], 200)
        status, said = call(f'{self.url}/admin/events/7/queue', 'PATCH', {'capacity': 7}, token='the-secret-of-anna')
        self.assertEqual(status, 200, said)
        report = json.loads(server.run('fairness', '--event', '7', '--json', folder=self.folder).stdout)
        self.assertEqual([row['action'] for row in report['operators']][-3:], ['queue.pause', 'queue.resume', 'queue.change'])
        self.assertEqual((report['fair'], report['policyChanged'], report['draw']['people']), (True, True, self.FANS))
        status, said = call(f'{self.url}/admin/events/7/fairness', token='the-secret-of-anna')  # R-U8
        self.assertEqual((status, said['data']), (200, report))
        self.assertEqual(server.run('fairness', '--event', '8', folder=self.folder).returncode, 2)


if __name__ == '__main__':
    report.main()
