"""Real instances over a store, and fans who buy there, for tests of the events and of the line."""
import contextlib
import csv
import http.client
import io
import json
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / 'tools')]
import server
from server import wait_until
from local_servers import Process

DATES, PRICE = (11, 12, 13), 50_000
CATALOGUE = '''
layouts:
  hall: {{seats: {seats}, category: Standard}}
events:
  - id: 1
    name: Winter Club Night
    on_sale: {{from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
    queue: {{admission: capacity, capacity: 1000000, active_ttl: 30m, poll_min: 0s}}
    policy: {{seats_per_user: 1000, hold_ttl: 500ms, refund_until: 2096-01-01T00:00:00Z}}
    dates:
{dates}'''


def catalogue(seats):
    dates = ''.join(f'      - {{id: {date}, starts_at: 2096-02-{date}T19:00:00+09:00, layout: hall, '
                    f'prices: {{Standard: {PRICE}}}}}\n' for date in DATES)
    return CATALOGUE.format(seats=seats, dates=dates)


class SqliteStore:
    """An SQLite file, which is read past the server."""

    user_text = "'u' || lower(hex(user_id))"

    def __init__(self, folder):
        self.file = folder / 'sale.db'

    def url(self, number):
        return f'sqlite:{self.file}'

    def rows(self, sql):
        with contextlib.closing(sqlite3.connect(f'file:{self.file}?mode=ro', uri=True, timeout=10)) as database:
            return database.execute(sql).fetchall()

    def has_table(self, name):
        return bool(self.rows(f"SELECT name FROM sqlite_master WHERE name = '{name}'"))

    def deliverers(self):
        """The number of the instance that delivers to the sink; empty while there is none."""
        return [0]


class PostgresStore:
    """A database of its own on a PostgreSQL server of ours. Instances give their number as the application's name."""

    user_text = "'u' || replace(user_id::text, '-', '')"  # never all digits

    def __init__(self, postgres, name):
        self.postgres, self.name = postgres, name
        postgres.psql('-c', f'CREATE DATABASE {name}')

    def url(self, number):
        return f'{self.postgres.url(self.name)}&application_name=instance-{number}'

    def run(self, sql):
        return self.postgres.psql('-d', self.name, '--csv', '-t', '-c', sql).stdout

    def rows(self, sql):
        return [[int(field) if field.lstrip('-').isdigit() else field or None for field in row]
                for row in csv.reader(io.StringIO(self.run(sql)))]

    def has_table(self, name):
        return bool(self.rows(f"SELECT relname FROM pg_class WHERE relname = '{name}'"))

    LEASES = 'FROM sink_leases l JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_start = l.session_begin'

    def deliverers(self):
        return [int(row[0].removeprefix('instance-')) for row in self.rows(f'SELECT a.application_name {self.LEASES}')]

    def end_lease(self):
        """As when the database loses the connection of an instance that has stopped."""
        self.run(f'SELECT pg_terminate_backend(l.pid) {self.LEASES}')

    # Progress must never go back (decision 0015), however short the moment.
    WATCH = '''
CREATE SCHEMA watch;
CREATE TABLE watch.setbacks (sink TEXT, before BIGINT, after BIGINT);
CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO watch.setbacks VALUES (OLD.sink, OLD.accepted, NEW.accepted); RETURN NEW; END$$;
CREATE TRIGGER note_setback BEFORE UPDATE ON event_sinks FOR EACH ROW WHEN (NEW.accepted < OLD.accepted)
  EXECUTE FUNCTION watch.note();'''

    def watch_progress(self):
        self.run(self.WATCH)

    def setbacks(self):
        return [f'progress of {sink} went back from {before} to {after}'
                for sink, before, after in self.rows('SELECT * FROM watch.setbacks')]


class Instance:
    """One server over the store. It may be killed, stopped, paused and started again."""

    def __init__(self, folder, settings):
        self.folder, self.settings = folder, settings
        folder.mkdir()
        self.running = self.url = None

    def start(self):
        self.running = Process([server.BINARY, 'serve', '--http.listen=127.0.0.1:0', *self.settings], self.folder,
                               env=server.clean_environment(), stdout=subprocess.PIPE)
        for line in self.running.process.stdout:
            if (said := json.loads(line)).get('event') == 'listening':
                self.url = f"http://{said['address']}"
                return
        raise RuntimeError('the server ended before it listened:\n' + self.running.said()[-3000:])

    def signal(self, number):
        self.running.process.send_signal(number)

    def pause(self):
        """It stands still, and fans go elsewhere."""
        self.paused_url, self.url = self.url, None
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)
        self.url = self.paused_url

    def stop(self):
        self.url = None
        if self.running:
            self.running.stop()
            self.running.process.stdout.close()
            self.running = None

    def kill(self):
        self.url = None
        self.signal(signal.SIGKILL)
        self.running.process.wait()
        self.stop()


class Instances:
    """with Instances(folder, store, catalogue, count, settings) as sale: …; instances over a store, all with these settings."""

    KEY = 'owner-key-of-the-event-tests'

    def __init__(self, folder, store, catalogue_text, count, settings):
        self.folder, self.store = folder, store
        (folder / 'catalogue.yaml').write_text(catalogue_text)
        common = [f'--admin.keys=olga:owner:{self.KEY}', '--auth.keys=the-same-signing-key-on-all-instances', *settings]
        self.instances = [Instance(folder / f'instance-{number}', [f'--store.url={store.url(number)}', *common] + (
            [f'--catalogue.file={folder}/catalogue.yaml'] if number == 0 else [])) for number in range(count)]

    def __enter__(self):
        try:
            for instance in self.instances:
                instance.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            if instance.running:
                instance.signal(signal.SIGCONT)
                instance.stop()

    def urls(self):
        return [url for instance in self.instances if (url := instance.url)]

    def warnings(self):
        """The newest log lines of each instance that are not information."""
        return ''.join(f'\n--- {instance.folder.name}\n' + '\n'.join(
            [line for line in (instance.folder / 'stderr.log').read_text().splitlines() if '"log.level":"info"' not in line][-10:])
            for instance in self.instances)

    def audit(self, *settings):
        return subprocess.run([server.BINARY, 'audit', f'--store.url={self.store.url(0)}', *settings], cwd=self.folder,
                              env=server.clean_environment(), capture_output=True, text=True, timeout=300)


class Sale(Instances):
    """with Sale(folder, store, sink_url, instances, seats) as sale: …; instances that deliver to the sink `orders`."""

    def __init__(self, folder, store, sink_url, instances, seats):
        super().__init__(folder, store, catalogue(seats), instances, [f'--events.sinks=orders={sink_url}'])

    def progress(self):
        rows = self.store.rows("SELECT accepted FROM event_sinks WHERE sink = 'orders'")
        return rows[0][0] if rows else 0

    def wait_for_progress(self):
        begin = self.progress()
        wait_until('events are delivered again', lambda: self.progress() > begin)

    def seats(self):
        return [row[0] for row in self.store.rows('SELECT id FROM seats ORDER BY id')]

    def wait_until_no_hold_is_left(self):
        """Then nothing changes any more."""
        wait_until('all holds have lapsed',
                   lambda: self.store.rows('SELECT count(*) FROM reservations WHERE status < 2')[0][0] == 0)


class Refused(Exception):
    """An answer that is not a success."""


class Threads:
    """`with` runs run(chance) in THREADS threads, each with random choices of its own, until is_over is set at the end of the block."""

    def __init__(self, seed):
        self.seed, self.is_over = seed, threading.Event()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run, args=(random.Random(self.seed * 100 + number),))
                        for number in range(self.THREADS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


class Fans(Threads):
    """with Fans(sale) as fans: fans.wait_for(100); threads of fans who hold, pay, cancel, get refunds and let holds lapse, each at
    any of the instances, whatever fails."""

    THREADS = 6

    def __init__(self, sale, seed):
        super().__init__(seed)
        self.sale, self.all_seats = sale, sale.seats()
        self.answered = self.failed = 0  # changes answered with success; calls without an answer or answered 5xx

    def wait_for(self, changes):
        """Waits until so many more changes were answered."""
        goal = self.answered + changes
        wait_until(f'{changes} changes are answered', lambda: self.answered >= goal, 60)

    def run(self, chance):
        connections = {}
        while not self.is_over.is_set():
            urls = self.sale.urls()
            if not urls:
                time.sleep(0.02)
                continue
            url = chance.choice(urls)
            if url not in connections:
                connections[url] = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=2)
            connection = connections[url]
            try:
                self.visit(connection, chance)
            except Refused:
                pass
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
                time.sleep(0.01)
        for connection in connections.values():
            connection.close()

    def call(self, connection, method, path, token='', body=None):
        headers = {'Content-Type': 'application/json', **({'Authorization': token} if token else {})}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 500:
            self.failed += 1
        if answer.status >= 300:
            raise Refused(answer.status, content)
        if method != 'GET':
            self.answered += 1
        return json.loads(content)['data'] if content else None

    def visit(self, connection, chance):
        """One fan, who does as the others do: mostly buys, sometimes not."""
        user = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        place = self.call(connection, 'POST', '/queue', body={'userId': user, 'eventId': 1})
        token = place['token']
        while place['status'] != 'ACTIVATED':
            place = self.call(connection, 'GET', '/queue', token)
        plan = chance.choice(('buy', 'buy', 'refund', 'refund', 'cancel', 'lapse', 'poor'))
        seats = chance.sample(self.all_seats, chance.randint(1, 3))
        if plan in ('buy', 'refund'):
            self.call(connection, 'PUT', f'/users/{user}/balance/charge', token, {'amount': PRICE * len(seats)})
        answer = self.call(connection, 'POST', '/events/seats', token, {'seatIds': seats, 'userId': user})
        held = [one['id'] for one in answer['reservations']]
        if plan == 'cancel':
            self.call(connection, 'DELETE', f'/events/reservations/{held[0]}', token)
        if plan in ('buy', 'refund', 'poor'):
            self.call(connection, 'PUT', f'/events/reservations/{held[0]}/pay', token, {'reservationIds': held})
        if plan == 'refund':
            self.call(connection, 'POST', f'/events/reservations/{held[0]}/refund', token)
