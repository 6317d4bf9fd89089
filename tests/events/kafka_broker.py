"""A Kafka broker of our own, one node on loopback, for tests, ./x bench events and ./x cluster --events. Its jars come from
Maven Central into build/kafka, in the versions of pom.xml. `python3 tests/events/kafka_broker.py` only fetches them."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
from local_servers import Process, RestartableServer, free_port

POM = pathlib.Path(__file__).with_name('pom.xml')
JARS = pathlib.Path(os.environ.get('STAGEDOOR_TEST_KAFKA', ROOT / 'build/kafka'))
CLUSTER_ID = 'c3RhZ2Vkb29yLXRlc3RzMQ'  # a UUID as Kafka writes it; the same for all brokers, which do not know each other
FETCH_SECONDS = 400
START_SECONDS = 90


class KafkaMissing(Exception):
    """The broker cannot be had here; the text says why. Tests skip then."""


def jars():
    """The folder of the broker's jars, which are fetched when they are missing."""
    for program in ('java', 'mvn'):
        if not shutil.which(program) and (program == 'java' or not is_complete()):
            raise KafkaMissing(f'Kafka cannot be had, because {program} is missing')
    JARS.parent.mkdir(parents=True, exist_ok=True)
    with open(JARS.with_suffix('.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete():
            fetch_once()
    return JARS


def fetch_once():
    """A failure is remembered for an hour: not each test waits for Maven again."""
    missing = JARS.with_suffix('.missing')
    if missing.exists() and time.time() - missing.stat().st_mtime < 3600:
        raise KafkaMissing(missing.read_text())
    try:
        fetch()
    except KafkaMissing as why:
        missing.write_text(str(why))
        raise


def is_complete():
    return (JARS / 'kafka_2.13-4.1.1.jar').exists()


def fetch():
    new = JARS.with_suffix('.new')
    shutil.rmtree(new, ignore_errors=True)
    command = ['mvn', '-q', '-B', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime', f'-DoutputDirectory={new}']
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise KafkaMissing(f'Kafka cannot be had, because Maven did not end within {FETCH_SECONDS} s') from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in (error.stdout + error.stderr).splitlines() if 'ERROR' in line] or ['no error message']
        raise KafkaMissing(f'Kafka cannot be had, because Maven failed: {lines[0][:300]}') from None
    shutil.rmtree(JARS, ignore_errors=True)
    new.rename(JARS)


class KafkaBroker(RestartableServer):
    """A broker with its data in `folder`. `with KafkaBroker(folder) as kafka:` serves until the end of the block at
    kafka.address. It keeps its ports and its data through kill() or stop() and start().

    data:        where the topics are stored (a folder in `folder`)
    proxied:     HOST:PORT of a proxy. Clients that bootstrap at kafka.behind_proxy (where the proxy connects to) get this
                 address for all that follows
    properties:  of the broker's server.properties, besides
    prefix:      words before `java`, as of taskset"""

    def __init__(self, folder, *, data=None, proxied=None, partitions=4, properties=(), prefix=(), heap='512m'):
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data or self.folder / 'data')
        self.prefix, self.heap = list(prefix), heap
        self.jars = jars()
        self.port, self.proxied_port, self.controller_port = free_port(), free_port(), free_port()
        self.address, self.behind_proxy = f'127.0.0.1:{self.port}', f'127.0.0.1:{self.proxied_port}'
        self.running = None
        self.data.mkdir(parents=True, exist_ok=True)
        # What `kafka-storage format` writes; it would take as long as the broker's start.
        (self.data / 'meta.properties').write_text(f'version=1\ncluster.id={CLUSTER_ID}\nnode.id=1\n'
                                                   f'directory.id={CLUSTER_ID[:-1]}g\n')
        listed = {
            'process.roles': 'broker,controller', 'node.id': 1,
            'controller.quorum.voters': f'1@127.0.0.1:{self.controller_port}',
            'listeners': f'DIRECT://{self.address},PROXIED://{self.behind_proxy},CONTROLLER://127.0.0.1:{self.controller_port}',
            'advertised.listeners': f'DIRECT://{self.address},PROXIED://{proxied or self.behind_proxy}',
            'controller.listener.names': 'CONTROLLER', 'inter.broker.listener.name': 'DIRECT',
            'listener.security.protocol.map': 'DIRECT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
            'log.dirs': self.data, 'num.partitions': partitions, 'group.initial.rebalance.delay.ms': 0,
            'log.cleaner.dedupe.buffer.size': 4 << 20,
            # A broker that was killed may come back when its session has ended.
            'broker.session.timeout.ms': 3000, 'broker.heartbeat.interval.ms': 500,
            'offsets.topic.num.partitions': 1, 'offsets.topic.replication.factor': 1,
            'transaction.state.log.replication.factor': 1, 'transaction.state.log.min.isr': 1,
            'share.coordinator.state.topic.replication.factor': 1, 'share.coordinator.state.topic.min.isr': 1,
            **dict(properties)}
        (self.folder / 'server.properties').write_text(''.join(f'{name}={value}\n' for name, value in listed.items()))

    def start(self, wait=True):
        self.running = Process([*self.prefix, 'java', f'-Xmx{self.heap}', '-XX:+UseSerialGC',
                                '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', f'{self.jars}/*', 'kafka.Kafka',
                                self.folder / 'server.properties'], self.folder, stdout=subprocess.DEVNULL)
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self):
        self.wait_until_it_answers('the Kafka broker', START_SECONDS)

    def answers(self):
        """Whether the broker answers a request for the versions of its API."""
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), timeout=2) as connection:
            request = struct.pack('>hhih', 18, 0, 1, -1)  # ApiVersions, version 0, correlation id 1, no client id
            connection.sendall(struct.pack('>i', len(request)) + request)
            return len(connection.recv(8)) == 8
        return False

    def make_topic(self, name):
        """For consumers that begin before the first record. The question for a topic makes it."""
        for _ in range(100):
            asked = subprocess.run(['kcat', '-L', '-b', self.address, '-t', name], capture_output=True, text=True, timeout=60)
            if 'partition 0' in asked.stdout:
                return
            time.sleep(0.1)
        raise RuntimeError(f'the topic {name} was not made: {asked.stdout}{asked.stderr}')


if __name__ == '__main__':
    JARS.with_suffix('.missing').unlink(missing_ok=True)
    try:
        print(jars())
    except KafkaMissing as missing:
        sys.exit(str(missing))
