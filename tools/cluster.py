"""./x cluster: a PostgreSQL, some instances of the server and HAProxy before them, on loopback, with the demo; with --events also
a Kafka broker and a consumer; with --line the joins are kept on Redis or Kafka. Everything lives in a folder that goes when it is
stopped."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

from local_servers import PostgresServer, Process

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / 'tests/events'), str(ROOT / 'tests/lines')]
from kafka_broker import KafkaBroker, KafkaMissing
from redis_server import DURABLE, RedisMissing, RedisServer

STAGEDOOR = ROOT / 'build/release/stagedoor'


class Instance(Process):
    def __init__(self, folder, number, environment):
        folder = folder / f'instance-{number}'
        folder.mkdir()
        super().__init__([STAGEDOOR, 'serve', '--http.trusted_proxies=127.0.0.1', '--auth.trust_clients=true'], folder, env=environment, stdout=subprocess.PIPE)
        for line in self.process.stdout:
            said = json.loads(line) if line.startswith('{') else {}
            if said.get('event') == 'listening':
                self.address = said['address']
                return
        raise RuntimeError(f'instance {number} did not start:\n' + self.said())


class Haproxy(Process):
    """deploy/haproxy.cfg with the addresses of this cluster."""

    def __init__(self, folder, listen, instances):
        folder = folder / 'haproxy'
        folder.mkdir()
        servers = ''.join(f'  server stagedoor{i + 1} {one.address}\n' for i, one in enumerate(instances))
        text = (ROOT / 'deploy/haproxy.cfg').read_text().replace('bind :80', f'bind {listen}')
        text = re.sub(r'(  server .*\n)+', servers, text).replace('maxconn 100000', 'maxconn 8000')
        (folder / 'haproxy.cfg').write_text(text)
        super().__init__(['haproxy', '-db', '-f', folder / 'haproxy.cfg'], folder)
        host, port = listen.rsplit(':', 1)
        for _ in range(100):
            if self.process.poll() is not None:
                raise RuntimeError('HAProxy did not start:\n' + self.said())
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                return
            time.sleep(0.05)


TOPIC, LINE_TOPIC = 'stagedoor', 'stagedoor.line'
STATUSES = ('RESERVED', 'PENDING', 'PAID', 'CANCELLED', 'REFUNDED')  # as PostgreSQL numbers them
NUMBERS = (*STATUSES, 'revenue', 'balance')


class ReadModel(Process):
    """The example consumer, which keeps its numbers in a file."""

    def __init__(self, folder, broker):
        folder = folder / 'read-model'
        folder.mkdir()
        self.database = folder / 'read-model.sqlite'
        python = '/usr/bin/python3' if pathlib.Path('/usr/bin/python3').exists() else sys.executable  # it has Debian's packages
        super().__init__([python, ROOT / 'examples/consumers/read_model/read_model.py', '--brokers', broker.address, '--topic', TOPIC,
                          '--database', self.database], folder)

    def numbers(self):
        if self.process.poll() is not None:
            raise RuntimeError('the consumer ended:\n' + self.said())
        try:
            with contextlib.closing(sqlite3.connect(f'file:{self.database}?mode=ro', uri=True)) as model:
                found = dict(model.execute('SELECT status, count(*) FROM reservations GROUP BY status'))
                found['revenue'], = model.execute("SELECT sum(price) FROM reservations WHERE status = 'PAID'").fetchone()
                found['balance'], = model.execute('SELECT sum(balance) FROM wallets').fetchone()
        except sqlite3.OperationalError:  # not made yet
            found = {}
        return tuple(found.get(name) or 0 for name in NUMBERS)


def start_kafka(folder):
    """A broker; nothing, with the reason told, where there is none."""
    print('· starting Kafka', flush=True)
    (folder / 'kafka').mkdir()
    try:
        broker = KafkaBroker(folder / 'kafka')
    except KafkaMissing as why:
        print(f'  skipped, because: {why}', flush=True)
        return None
    broker.start()
    return broker


def start_redis(folder):
    """As start_kafka()."""
    print('· starting Redis', flush=True)
    try:
        redis = RedisServer(folder / 'redis', *DURABLE)
    except RedisMissing as why:
        print(f'  skipped, because: {why}', flush=True)
        return None
    redis.start()
    return redis


def numbers_of_store(postgres):
    rows = postgres.psql('-At', '-c', 'select status, count(*), sum(price) from reservations group by status', '-c',
                         'select sum(balance) from wallets').stdout.split()
    counts = {int(status): (int(count), int(price)) for status, count, price in (row.split('|') for row in rows if '|' in row)}
    balance = sum(int(row) for row in rows if '|' not in row)
    return (*(counts.get(number, (0, 0))[0] for number in range(len(STATUSES))), counts.get(STATUSES.index('PAID'), (0, 0))[1], balance)


def line_of(name, numbers):
    return f'  {name:<8}' + ''.join(f'{number:>14,}' for number in numbers)


def show_numbers(postgres, model, seconds=None):
    """Prints the numbers of the store and of the consumer whenever one of them has changed; with `seconds` until they are equal, at
    most so long. Returns whether they are equal."""
    print(line_of('', ()) + ''.join(f'{name:>14}' for name in NUMBERS), flush=True)
    give_up, shown = time.monotonic() + (seconds or 0), None
    while True:
        pair = (numbers_of_store(postgres), model.numbers())
        if pair != shown:
            print(line_of('store', pair[0]) + '\n' + line_of('Kafka', pair[1]), flush=True)
        shown = pair
        if seconds and (pair[0] == pair[1] or time.monotonic() > give_up):
            return pair[0] == pair[1]
        time.sleep(2)


def sell(listen, postgres, model):
    """A crowd sells the hall out; then the consumer must have the numbers of the store."""
    subprocess.run([STAGEDOOR, 'crowd', '--url', f'http://{listen}', '--event', '2', '--rate', '300'], check=False)
    if not show_numbers(postgres, model, seconds=60):
        raise RuntimeError('the consumer does not have the numbers of the store')
    print('  the consumer has the numbers of the store', flush=True)


def main():
    arguments = argparse.ArgumentParser(prog='./x cluster', description=__doc__)
    arguments.add_argument('--instances', type=int, default=3, help='how many servers (%(default)s)')
    arguments.add_argument('--listen', default='127.0.0.1:8080', help='where HAProxy listens (%(default)s)')
    arguments.add_argument('--events', action='store_true', help='with a Kafka broker, and a consumer beside the store')
    arguments.add_argument('--line', choices=('redis', 'kafka'), help='where the joins are kept, instead of PostgreSQL')
    arguments.add_argument('--sell', action='store_true', help='with --events: a crowd sells a hall, the numbers are compared, all stops')
    options = arguments.parse_args()
    if options.sell and not options.events:
        arguments.error('--sell: needs --events')
    if not 1 <= options.instances <= 50:
        arguments.error('--instances: 1 to 50')

    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-cluster-', dir='/var/tmp'))
    folder.chmod(0o755)
    started = []
    try:
        print(f'· starting PostgreSQL in {folder}', flush=True)
        (folder / 'postgres').mkdir()
        postgres = PostgresServer(folder / 'postgres', [f'max_connections={8 * options.instances + 20}'])
        started.append(postgres)
        key = secrets.token_hex(16)
        environment = {**os.environ, 'STAGEDOOR_STORE_URL': postgres.url(), 'STAGEDOOR_HTTP_LISTEN': '127.0.0.1:0',
                       'STAGEDOOR_HTTP_TRUSTED_PROXIES': '127.0.0.1', 'STAGEDOOR_AUTH_KEYS': secrets.token_hex(32),
                       'STAGEDOOR_ADMIN_KEYS': f'demo:owner:{key}',
                       'STAGEDOOR_CATALOGUE_FILE': str(ROOT / 'demo/catalogue.yaml')}
        broker = start_kafka(folder) if options.events or options.line == 'kafka' else None
        if broker:
            started.append(broker)
        line = None
        if options.line == 'redis' and (redis := start_redis(folder)):
            started.append(redis)
            line = redis.url
        elif options.line == 'kafka' and broker:
            line = f'kafka://{broker.address}/{LINE_TOPIC}'
        if line:
            environment['STAGEDOOR_ROOM_URL'] = line
        broker = broker if options.events else None
        if broker:
            broker.make_topic(TOPIC)
            environment['STAGEDOOR_EVENTS_SINKS'] = f'orders=kafka://{broker.address}/{TOPIC}'
            started.append(model := ReadModel(folder, broker))
        instances = []
        for number in range(1, options.instances + 1):
            print(f'· starting instance {number}', flush=True)
            instances.append(Instance(folder, number, environment))
            started.append(instances[-1])
        started.append(Haproxy(folder, options.listen, instances))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if broker and options.sell:
            return sell(options.listen, postgres, model)
        print(welcome(options.listen, instances, postgres, key, broker, line), flush=True)
        if broker:
            show_numbers(postgres, model)
        signal.pause()
    except KeyboardInterrupt:
        pass
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        print('· stopping', flush=True)
        for one in reversed(started):
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


def welcome(listen, instances, postgres, key, broker, line):
    url = f'http://{listen}'
    each = '\n'.join(f'  instance {i + 1}   http://{one.address}   process {one.process.pid}, log {one.folder}/stderr.log'
                     for i, one in enumerate(instances))
    kafka = f'  Kafka        {broker.address}, topic {TOPIC}: kcat -C -b {broker.address} -t {TOPIC}\n' if broker else ''
    joins = f'  joins        {line}\n' if line else ''
    of_line = f" --room.url='{line}'" if line else ''
    return f'''
{len(instances)} instances serve the demo at {url} (HAProxy, round robin; Ctrl-C stops all, and the data goes)
{each}
  PostgreSQL   {postgres.url()}
{kafka}{joins}  operator key {key}   (/admin, /docs and /metrics at the address of an instance: HAProxy hides them)

Try next, in another terminal:
  build/release/stagedoor crowd --url {url} --event 2 --rate 300     # a crowd sells the hall out, every call to another instance
  kill -9 {instances[0].process.pid}                                                # meanwhile: the others go on
  kill -STOP {instances[-1].process.pid}; sleep 10; kill -CONT {instances[-1].process.pid}                  # it comes back without harm
  build/release/stagedoor audit --store.url='{postgres.url()}'{of_line}
'''


if __name__ == '__main__':
    main()
