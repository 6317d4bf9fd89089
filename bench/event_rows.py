"""The rows of ./x bench events: events to a Kafka broker of our own, which has the core of the load generator and gives way to it."""
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time

import servers
from rows import BUYERS, EVENT_SELL, Result, hold_request
from servers import LOAD_CORE, Stagedoor, expect_only, load, median, pinned, say

sys.path.insert(0, str(servers.ROOT / 'tests/events'))
from cluster_rows import BOTH_CORES, Cluster
from kafka_broker import KafkaBroker

OFFERED = 5000          # holds a second
RELAYED = 300_000       # events in the outbox before the relay starts
CHARGES = 300           # that a consumer waits for
CONNECTIONS = 1024


@contextlib.contextmanager
def kafka(bench, niceness=0):
    prefix = ['nice', '-n', niceness, *pinned(LOAD_CORE, [])]
    with KafkaBroker(bench.new_folder('kafka'), prefix=prefix, heap='1g') as broker:
        yield broker


def sink(broker, topic):
    return f'events.sinks=orders=kafka://{broker.address}/{topic}'


def outbox(folder, statement):
    with contextlib.closing(sqlite3.connect(f'file:{folder}/stagedoor.db?mode=ro', uri=True)) as store:
        return store.execute(statement).fetchone()


def relay_alone(bench):
    """Events a second from a full outbox to Kafka, against kcat with the same records."""
    world = bench.make_world()
    count = min(RELAYED, world.seats // 2)
    rates, others, ratios = [], [], []
    with kafka(bench) as broker:
        with world.copy('filled') as server:
            holds = {**hold_request(world, CONNECTIONS), 'requests': count}
            expect_only(load(server.port, **holds), '201', '404 SEAT_NOT_FOUND')
            filled = server.folder
        records = bench.new_folder('records') / 'records'
        with contextlib.closing(sqlite3.connect(filled / 'stagedoor.db')) as store, records.open('w') as out:
            newest, count = store.execute('select max(id), count(*) from outbox').fetchone()
            for key, payload, row in store.execute('select key, payload, id from outbox order by id'):
                out.write(f'{key}\t{{"id":"{row}","type":"stagedoor.reservation.held.v1","subject":"{key}","keyversion":1,'
                          f'"time":"2026-12-01T10:00:00.000Z","data":{payload}}}\n')
        world.folder, usual = filled, world.folder  # what world.copy() copies
        try:
            for number in range(bench.rounds):
                ours = relayed(world, broker, f'relay-{number}', newest, count)
                other = produced(broker, f'kcat-{number}', records, count) + produced(broker, f'kcat-{number}', records, count)
                ours += relayed(world, broker, f'relay-{number}', newest, count)
                rates, others, ratios = rates + [ours / 2], others + [other / 2], ratios + [ours / other]
                say(f'  round {number + 1}/{bench.rounds}: relay {ours / 2:,.0f}/s, kcat {other / 2:,.0f}/s, ratio {ours / other:.2f}')
        finally:
            world.folder = usual
    yield Result('events to Kafka, the relay alone', f'{median(rates):,.0f}/s',
                 f'kcat, the same records: {median(others):,.0f}/s ({median(ratios):.2f} ×)', median(rates), 50_000, True, '/s',
                 runs=[{'relay': a, 'kcat': b, 'ratio': r} for a, b, r in zip(rates, others, ratios)])


def relayed(world, broker, topic, newest, count):
    """Events a second of a server that finds them in its outbox: from its start to the progress it has stored."""
    with world.copy('relay', [sink(broker, topic)]) as server:
        begin = time.monotonic()
        while (outbox(server.folder, 'select max(accepted) from event_sinks')[0] or 0) < newest:
            time.sleep(0.01)
        return count / (time.monotonic() - begin)


def produced(broker, topic, records, count):
    """Records a second of kcat on the server's core, from its start to its end."""
    begin = time.monotonic()
    subprocess.run(pinned(servers.SERVER_CORE, ['kcat', '-P', '-b', broker.address, '-t', topic, '-K', '\\t', '-l', '-X', 'acks=all',
                                                '-X', 'enable.idempotence=true', '-X', 'queue.buffering.max.messages=1000000',
                                                records]), check=True)
    return count / (time.monotonic() - begin)


class Sale:
    """A server of holds, with or without a relay."""

    def __init__(self, bench, world, settings):
        self.bench, self.world, self.next = bench, world, 0
        self.server = world.copy('holds', settings)

    def holds(self, **pace):
        report = load(self.server.port, seconds=self.bench.seconds, warm_up=min(1, self.bench.seconds / 4), first=self.next,
                      **hold_request(self.world, CONNECTIONS), **pace)
        self.next += report['sent']
        if self.next > self.world.seats:
            raise RuntimeError(f'{self.next:,} holds, but only {self.world.seats:,} seats: raise --dates')
        expect_only(report, '201', '404 SEAT_NOT_FOUND')
        self.drain()
        return report

    def drain(self):
        """Waits until the sink has everything, so that a backlog is no load on the next run."""
        while True:
            newest, = outbox(self.server.folder, 'select max(id) from outbox')
            accepted, = outbox(self.server.folder, 'select max(accepted) from event_sinks')
            if accepted is None or newest is None or accepted >= newest:
                return
            time.sleep(0.1)


def holds_beside(bench):
    """Holds with the relay to Kafka on, beside off: p50 at an offered rate, and the number at full speed."""
    world = bench.make_world()
    for work, pace, measure, floor, higher in (
            (f'p50 of holds at {OFFERED:,}/s offered, events to Kafka', {'rate': OFFERED},
             lambda report: report['latencyUs']['p50'] / 1000, 1.1, False),
            ('holds at full speed, events to Kafka', {}, lambda report: report['perSecond'], 0.8, True)):
        on, off, ratios = [], [], []
        with kafka(bench, niceness=10) as broker, contextlib.ExitStack() as stack:
            with_relay, without = (Sale(bench, world, settings) for settings in ([sink(broker, 'holds')], []))
            for sale in (with_relay, without):
                stack.callback(sale.server.stop)
            for number in range(bench.rounds):
                order = (with_relay, without, without, with_relay) if number % 2 else (without, with_relay, with_relay, without)
                got = [(sale, measure(sale.holds(**pace))) for sale in order]
                a, b = (sum(value for sale, value in got if sale is which) / 2 for which in (with_relay, without))
                on, off, ratios = on + [a], off + [b], ratios + [a / b]
                say(f'  round {number + 1}/{bench.rounds}: on {a:,.2f}, off {b:,.2f}, ratio {a / b:.2f}')
        unit = (lambda value: f'{value:,.0f}/s') if higher else (lambda value: f'{value:.2f} ms')
        yield Result(work, unit(median(on)), f'without events: {unit(median(off))}', median(ratios), floor, higher,
                     runs=[{'on': a, 'off': b, 'ratio': r} for a, b, r in zip(on, off, ratios)])


class Consumer:
    """Remembers when each event arrived, by its key and version."""

    def __init__(self, broker, topic):
        self.arrived, self.changed = {}, threading.Condition()
        broker.make_topic(topic)
        self.process = subprocess.Popen(['kcat', '-C', '-b', broker.address, '-t', topic, '-u', '-q', '-o', 'beginning', '-f', '%s\\n'],
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            at, event = time.monotonic(), json.loads(line)
            with self.changed:
                self.arrived[event['subject'], event['keyversion']] = at
                self.changed.notify_all()

    def wait(self, condition):
        with self.changed:
            if not self.changed.wait_for(condition, timeout=30):
                raise RuntimeError(f'an event did not arrive; there are {len(self.arrived)}')

    def stop(self):
        self.process.kill()
        self.process.wait()


def latencies(bench, server, broker, topic):
    """Milliseconds from the answer to a charge to its event's arrival at a consumer."""
    consumer = Consumer(broker, topic)
    try:
        place = server.ask('POST', '/queue', body=f'{{"userId":"{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}","eventId":{EVENT_SELL}}}')
        took = []
        for version in range(1, (20 if bench.dates == 1 else CHARGES) + 1):
            server.ask('PUT', f'/users/{place["userId"]}/balance/charge', place['token'], '{"amount":1}')
            begin = time.monotonic()
            consumer.wait(lambda: len(consumer.arrived) >= version)
            took.append((max(consumer.arrived.values()) - begin) * 1000)
            time.sleep(0.005 * (version % 13))
        return took[1:]
    finally:
        consumer.stop()


def latency(bench):
    """From a commit to a consumer of Kafka, of one instance, and of one that another instance delivers for."""
    with kafka(bench) as broker:
        world = bench.make_world()
        with world.copy('latency', [sink(broker, 'one')]) as server:
            yield in_time('commit to consumer, one instance', latencies(bench, server, broker, 'one'), 10)
        with Cluster(bench, 2, [sink(broker, 'two')]) as cluster:
            yield in_time('commit to consumer, through another instance', latencies(bench, cluster.instances[1], broker, 'two'), 70)


def in_time(work, took, most):
    ordered = sorted(took)
    p99 = ordered[len(ordered) * 99 // 100]
    say(f'  {work}: p50 {median(took):.1f} ms, p99 {p99:.1f} ms')
    return Result(work, f'{median(took):.1f} ms', f'p99 {p99:.1f} ms', median(took), most, False, 'ms', runs=took)


ROWS = {'events-relay': relay_alone, 'events-holds': holds_beside, 'events-latency': latency}
