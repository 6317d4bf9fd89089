#!/usr/bin/env python3
"""Events on Kafka, with a real broker (kafka_broker.py), and how soon another instance delivers them (R-E1, R-E2, R-E5)."""
import contextlib
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / 'tools')]
import report
import server
from kafka_broker import KafkaBroker, KafkaMissing
from local_servers import PostgresServer

CATALOGUE = '''
layouts:
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Winter Club Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000000, active_ttl: 30m, poll_min: 0s}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 110000}}
'''


def charger(running):
    """A function that adds 1 won to the wallet of a new user: one event."""
    user = str(uuid.uuid4())
    token = server.call(running.url + '/queue', 'POST', {'userId': user, 'eventId': 1})[1]['data']['token'].removeprefix('Bearer ')

    def charge():
        status, said = server.call(f'{running.url}/users/{user}/balance/charge', 'PUT', {'amount': 1}, token)
        assert status == 200, said
    return charge


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir='/var/tmp')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)  # PostgreSQL runs as another user
        (self.folder / 'catalogue.yaml').write_text(CATALOGUE)

    def log(self):
        return (self.folder / 'stderr.log').read_text()

    def messages(self, word):
        lines = (json.loads(line) for line in self.log().splitlines() if line.startswith('{'))
        return [line for line in lines if word in line['message']]


class Properties(InFolder):
    """events.kafka (R-E2); needs no broker."""

    SINK = '--events.sinks=orders=kafka://127.0.0.1:1/orders'

    def test_what_librdkafka_refuses_is_an_error_at_start_in_its_words(self):
        for command in ('serve', 'verify-config'):
            result = server.run(command, self.SINK, '--events.kafka=sasl.pasword=hush', folder=self.folder)
            self.assertEqual((result.returncode, result.stdout), (2, ''), command)
            self.assertIn('events.kafka: No such configuration property: "sasl.pasword"', result.stderr)
            self.assertNotIn('hush', result.stderr)
            self.assertEqual([path.name for path in self.folder.iterdir()], ['catalogue.yaml'], 'nothing was touched')

    def test_properties_are_taken_from_every_source_and_not_shown(self):
        (self.folder / 'stagedoor.toml').write_text(
            '[events]\nsinks = ["orders=kafka://127.0.0.1:1,127.0.0.1:2/orders"]\nkafka = ["client.id=box", "sasl.password=hush"]\n')
        shown = server.run('verify-config', folder=self.folder)
        self.assertEqual((shown.returncode, shown.stderr), (0, ''))
        self.assertIn('kafka = ["client.id=***", "sasl.password=***"]', shown.stdout)
        self.assertIn('sinks = ["orders=kafka://127.0.0.1:1,127.0.0.1:2/orders"]', shown.stdout)


class OtherInstances(InFolder):
    def test_the_instance_with_the_sink_delivers_what_another_one_commits_at_once(self):
        (self.folder / 'postgres').mkdir()
        settings = ['--catalogue.file=../catalogue.yaml', '--events.sinks=out=stdout:', f'--auth.keys={"k" * 32}',
                    f'--admin.keys=olga:owner:{"o" * 32}']
        with contextlib.ExitStack() as stack:
            postgres = stack.enter_context(PostgresServer(self.folder / 'postgres'))
            instances = []
            for name in ('first', 'second'):
                (self.folder / name).mkdir()
                instances.append(stack.enter_context(
                    server.Server(self.folder / name, f'--store.url={postgres.url()}', *settings)))
                if not instances[1:]:  # its relay takes the sink
                    charge = charger(instances[0])
                    charge()
                    next_charge(instances[0])
            charge = charger(instances[1])
            took = []
            for _ in range(15):
                begin = time.monotonic()
                charge()
                next_charge(instances[0])
                took.append(time.monotonic() - begin)
                time.sleep(0.03 * len(took) % 0.2)
        # A relay that only polled would take 250 ms in the middle.
        self.assertLess(statistics.median(took), 0.15, took)


CHARGED = 'stagedoor.wallet.charged.v1'  # the catalogue of the start is told, too


def next_charge(running):
    while json.loads(running.process.stdout.readline())['type'] != CHARGED:
        pass


def charges_of(records):
    events = [json.loads(record['payload']) for record in records]
    return [event for event in events if event['type'] == CHARGED]


class WithBroker(InFolder):
    def broker(self, **options):
        """A broker that is not started."""
        (self.folder / 'kafka').mkdir()
        try:
            broker = KafkaBroker(self.folder / 'kafka', **options)
        except KafkaMissing as why:
            self.skipTest(str(why))
        if not shutil.which('kcat'):
            self.skipTest('kcat is not installed')
        self.addCleanup(broker.stop)
        return broker

    def serve(self, address, *settings):
        return server.Server(self.folder, '--catalogue.file=catalogue.yaml', f'--events.sinks=orders=kafka://{address}/orders',
                             *settings)

    def records(self, broker):
        """What the topic has: the records as kcat shows them."""
        result = subprocess.run(['kcat', '-C', '-b', broker.address, '-t', 'orders', '-J', '-u', '-e', '-q', '-o', 'beginning'],
                                capture_output=True, text=True, timeout=60)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def wait_for_records(self, broker, condition):
        found = []

        def look():
            found[:] = self.records(broker)
            return condition(found)
        server.wait_until('the records are there', look, 60)
        return found


class Kafka(WithBroker):
    def test_a_sale_arrives_in_order_with_keys_and_headers(self):
        broker = self.broker()
        broker.start()
        with self.serve(broker.address) as running:
            crowd = server.run('crowd', '--url', running.url, '--event', '1', '--fans', '10', '--abandon', '0', folder=self.folder)
            self.assertEqual(crowd.returncode, 0, crowd.stdout + crowd.stderr)
            records = self.wait_for_records(broker, lambda found: str(found).count('ce_type\', \'stagedoor.payment.made.v1') == 10)
        self.assertEqual(running.exit_code, 0)
        events = [json.loads(record['payload']) for record in records]
        versions, partitions = {}, {}
        for record, event in zip(records, events):
            self.assertEqual(record['key'], event['subject'])
            headers = dict(zip(record['headers'][::2], record['headers'][1::2]))
            self.assertEqual(headers, {'content-type': 'application/cloudevents+json; charset=UTF-8', 'ce_id': event['id'],
                                       'ce_type': event['type'], 'ce_keyversion': str(event['keyversion'])})
            versions.setdefault(record['key'], []).append(event['keyversion'])
            partitions.setdefault(record['key'], set()).add(record['partition'])
        self.assertEqual({key: list(range(1, len(seen) + 1)) for key, seen in versions.items()}, versions)
        self.assertTrue(all(len(seen) == 1 for seen in partitions.values()), partitions)
        self.assertGreater(len({record['partition'] for record in records}), 1, 'the partitions share the work')
        self.assertLessEqual({'stagedoor.reservation.held.v1', 'stagedoor.reservation.paid.v1', 'stagedoor.wallet.charged.v1'},
                             {event['type'] for event in events})
        self.assertEqual(len({event['id'] for event in events}), len(events), 'nothing is repeated without a failure')

    def test_a_broker_that_is_away_keeps_no_server_from_starting_and_gets_everything_later(self):
        broker = self.broker()
        with self.serve(broker.address) as running:
            charge = charger(running)
            for _ in range(5):
                charge()
            server.wait_until('the log tells the outage', lambda: self.messages('failed; trying again'), 60)
            broker.start()
            records = self.wait_for_records(broker, lambda found: len(charges_of(found)) == 5)
            server.wait_until('the log tells its end', lambda: self.messages('works again'), 60)
        self.assertEqual([event['keyversion'] for event in charges_of(records)], [1, 2, 3, 4, 5])
        outage, = self.messages('delivery of events to orders failed')
        self.assertIn('Connection refused', outage['error.message'])
        self.assertEqual(len(self.messages('delivery of events to orders works again')), 1)
        self.assertLess(len(self.log().splitlines()), 15, 'the client of Kafka does not fill the log')

    def test_credentials_reach_the_broker_and_a_wrong_one_is_told_without_it(self):
        module = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_shop="the-right-one";'
        broker = self.broker(properties={
            'listener.security.protocol.map': 'DIRECT:PLAINTEXT,PROXIED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
            'sasl.enabled.mechanisms': 'PLAIN', 'listener.name.proxied.plain.sasl.jaas.config': module})
        broker.start()
        sasl = '--events.kafka=security.protocol=SASL_PLAINTEXT,sasl.mechanism=PLAIN,sasl.username=shop,sasl.password='
        with self.serve(broker.behind_proxy, sasl + 'a-wrong-one', '--log.level=debug') as running:
            charger(running)()
            server.wait_until('the log tells the refusal', lambda: self.messages('failed; trying again'), 30)
        self.assertIn('uthentication', self.messages('failed; trying again')[0]['error.message'])
        self.assertNotIn('a-wrong-one', self.log())
        with self.serve(broker.behind_proxy, sasl + 'the-right-one'):
            self.wait_for_records(broker, lambda found: len(charges_of(found)) == 1)

    def test_a_stop_does_not_wait_for_a_broker(self):
        broker = self.broker()
        with self.serve(broker.address) as running:
            charger(running)()
            time.sleep(1)
            begin = time.monotonic()
        self.assertEqual(running.exit_code, 0)
        self.assertLess(time.monotonic() - begin, 5)


if __name__ == '__main__':
    report.main()
