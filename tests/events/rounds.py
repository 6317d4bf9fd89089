"""What the rounds of faults share: a Kafka broker behind a proxy, a PostgreSQL, sales, consumers, and the faults themselves."""
import atexit
import ctypes
import functools
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / 'tools')]
import judge
from kafka_broker import KafkaBroker, KafkaMissing
from local_servers import PostgresServer, Process
from sale import Fans, PostgresStore, Sale, SqliteStore, wait_until
from tcp_proxy import TcpProxy

try:
    import confluent_kafka.admin
except ImportError:
    confluent_kafka = None

READ_MODEL = HERE.parents[1] / 'examples/consumers/read_model/read_model.py'
SEED = int(os.environ.get('STAGEDOOR_TEST_SEED') or time.time())
DISK_BYTES = 1 << 30
atexit.register(unittest.doModuleCleanups)  # after Ctrl-C, too


class SmallDisk:
    """A folder on a small file system of its own, which only this process and its children see. Made before any thread."""

    def __init__(self, folder):
        self.folder, self.missing = folder, ''
        libc = ctypes.CDLL(None, use_errno=True)
        if os.geteuid() != 0:
            self.missing = 'only root may mount a small disk'
        elif libc.unshare(0x00020000) != 0:  # CLONE_NEWNS
            self.missing = f'no mounts of its own: {os.strerror(ctypes.get_errno())}'
        else:
            subprocess.run(['mount', '--make-rprivate', '/'], capture_output=True)  # not in a chroot, where it is of no use
            mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_BYTES}', 'stagedoor-test', folder],
                                     capture_output=True, text=True)
            if mounted.returncode != 0:
                self.missing = f'no file system can be mounted here: {mounted.stderr.strip()}'

    def fill(self):
        with open(self.folder / 'filler', 'wb') as filler:
            size, more = 0, DISK_BYTES
            while more >= 4096:
                try:
                    os.posix_fallocate(filler.fileno(), size, more)
                    size += more
                except OSError:
                    more //= 2

    def make_room(self):
        (self.folder / 'filler').unlink()

    def close(self):
        if not self.missing:
            subprocess.run(['umount', '--lazy', self.folder], check=True)


class Servers:
    """What all rounds share: a broker behind a proxy, its disk, a PostgreSQL."""

    def __init__(self):
        if not confluent_kafka:
            raise KafkaMissing('Python has no confluent_kafka here (Debian: python3-confluent-kafka)')
        self.temporary = tempfile.TemporaryDirectory(prefix='stagedoor-events-', dir='/var/tmp')
        self.folder = pathlib.Path(self.temporary.name)
        self.folder.chmod(0o755)
        for name in ('disk', 'kafka', 'postgres'):
            (self.folder / name).mkdir()
        self.disk = SmallDisk(self.folder / 'disk')
        unittest.addModuleCleanup(self.temporary.cleanup)
        unittest.addModuleCleanup(self.disk.close)
        self.proxy = TcpProxy().__enter__()
        unittest.addModuleCleanup(self.proxy.__exit__)
        self.kafka = KafkaBroker(self.folder / 'kafka', data=self.disk.folder / 'data', proxied=self.proxy.address)
        self.proxy.lead_to(self.kafka.proxied_port)
        unittest.addModuleCleanup(self.kafka.stop)
        self.kafka.start()
        self.sales = 0

    @functools.cached_property
    def postgres(self):
        running = PostgresServer(self.folder / 'postgres', ['max_connections=200', 'fsync=off'])
        unittest.addModuleCleanup(running.stop)
        return running

    def next_name(self):
        self.sales += 1
        return f'sale{self.sales}'


@functools.cache
def servers():
    try:
        return Servers()
    except KafkaMissing as missing:
        return str(missing)


class Follower:
    """The example's consumer, which is killed again and again."""

    def __init__(self, folder, topic):
        self.folder, self.file, self.printed = folder, folder / 'model.sqlite', folder / 'printed'
        self.command = [sys.executable, READ_MODEL, '--brokers', servers().kafka.address, '--topic', topic, '--database', self.file,
                        '--summary']
        self.running = None

    def start(self):
        with open(self.printed, 'w') as printed:
            self.running = Process(self.command, self.folder, stdout=printed)

    def kill(self):
        if self.running:
            self.running.process.kill()
            self.running.stop()
            self.running = None

    def catch_up(self):
        """To the end of the topic."""
        done = subprocess.run([*self.command, '--once'], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and json.loads(done.stdout)['gaps'] == 0, done.stdout + done.stderr


class Round:
    """with Round() as one: one.under_load(Round.kill_broker); a sale with its topic, its consumer, its judge, and the faults."""

    def __init__(self, store='postgres', instances=2, seats=3000):
        self.all = servers()
        self.name = self.all.next_name()
        self.folder = self.all.folder / self.name
        self.folder.mkdir()
        self.chance = random.Random(SEED * 1000 + self.all.sales)
        self.store = SqliteStore(self.folder) if store == 'sqlite' else PostgresStore(self.all.postgres, self.name)
        admin = confluent_kafka.admin.AdminClient({'bootstrap.servers': self.all.kafka.address})
        for made in admin.create_topics([confluent_kafka.admin.NewTopic(self.name, 4, 1)]).values():
            made.result(20)
        self.topic = judge.Topic(self.all.kafka.address, self.name)
        self.follower = Follower(self.folder, self.name)
        self.sale = Sale(self.folder, self.store, f'kafka://{self.all.proxy.address}/{self.name}', instances, seats)

    def __enter__(self):
        self.sale.__enter__()
        if isinstance(self.store, PostgresStore):
            self.store.watch_progress()
        return self

    def __exit__(self, *_):
        self.all.proxy.mend()
        self.follower.kill()
        self.sale.__exit__()
        self.topic.close()

    def fans(self):
        return Fans(self.sale, self.chance.getrandbits(30))

    def under_load(self, fault):
        """The fault in the middle of a rush. Returns how many events were repeated."""
        repeats = self.topic.received.repeats
        self.follower.start()
        with self.fans() as fans:
            fans.wait_for(100)
            fault(self)
            fans.wait_for(100)
        self.follower.kill()
        self.judge()
        return self.topic.received.repeats - repeats

    def judge(self):
        """Waits until all events have come, and says what is wrong."""
        self.sale.wait_until_no_hold_is_left()
        history = judge.History.of(self.store)
        until = time.monotonic() + 60
        while left := judge.missing(self.topic.received, history):
            if not self.topic.read() and (self.topic.received.wrong or time.monotonic() > until):
                break
        wrong = judge.faults(self.topic.received, history)
        self.follower.catch_up()
        wrong += judge.model_faults(self.follower.file, history)
        if isinstance(self.store, PostgresStore):
            wrong += self.store.setbacks()
        if wrong:
            events = sum(history.counts().values())
            raise AssertionError('\n'.join([f'{len(wrong)} faults, {left} of {events} events are missing:', *wrong[:20]])
                                 + self.sale.warnings())
        return history

    # Faults

    def deliverer(self):
        number, *_ = wait_until('an instance delivers', self.store.deliverers)
        return self.sale.instances[number]

    def pause(self, shortest=0.05, longest=0.4):
        time.sleep(self.chance.uniform(shortest, longest))

    def kill_and_start(self, instance):
        instance.kill()
        if len(self.sale.instances) > 1:
            self.sale.wait_for_progress()  # another one takes over
        instance.start()

    def kill_before_progress(self):
        """Events have arrived, nobody knows: the instance that delivers dies before it can write its progress."""
        proxy = self.all.proxy
        victim = self.deliverer()
        lost = proxy.lost_bytes
        proxy.lose_answers()
        wait_until('an acknowledgement is lost', lambda: proxy.lost_bytes > lost)
        victim.kill()
        proxy.mend()
        if len(self.sale.instances) > 1:
            self.sale.wait_for_progress()
        victim.start()

    def kill_and_arrive_late(self):
        """What the instance sent before it died arrives when its successor has sent the same and more."""
        proxy = self.all.proxy
        victim = self.deliverer()
        proxy.freeze(victim.running.process.pid)
        self.pause(0.2, 0.5)
        self.kill_and_start(victim)
        self.sale.wait_for_progress()
        proxy.mend()

    def kill_before_publishing(self):
        """Nothing of what the instance sends has arrived when it dies."""
        victim = self.deliverer()
        self.all.proxy.cut()
        self.pause(0.2, 0.5)
        victim.kill()
        self.all.proxy.mend()
        victim.start()

    def kill_at_random(self):
        self.pause()
        self.kill_and_start(self.deliverer())

    def stop_and_wake(self):
        """The instance that delivers stands still for 3 s, before it has received an acknowledgement. The database gives up its
        connection, and another instance goes on."""
        begin = time.monotonic()
        victim = self.deliverer()
        self.all.proxy.freeze()
        self.pause(0.1, 0.3)
        victim.pause()
        try:
            self.all.proxy.mend()  # what it sent arrives
            self.store.end_lease()
            self.sale.wait_for_progress()
            time.sleep(max(0, begin + 3 - time.monotonic()))
        finally:
            victim.resume()

    def kill_broker(self):
        self.pause()
        self.all.kafka.kill()
        self.pause()
        self.all.kafka.start()

    def cut_network(self):
        for _ in range(3):
            self.all.proxy.cut()
            self.pause()
            self.all.proxy.mend()
            self.pause()
        self.all.proxy.freeze()
        self.pause(0.5, 1.5)
        self.all.proxy.mend()
        self.all.proxy.delay(0.1)
        self.pause(0.5, 1)
        self.all.proxy.mend()

    def lose_acknowledgements(self):
        for _ in range(3):
            self.all.proxy.lose_answers()
            self.pause(0.1, 0.5)
            self.all.proxy.mend()
            self.pause()

    def fill_disk(self):
        """A broker that cannot write to its only disk ends."""
        kafka = self.all.kafka
        self.all.disk.fill()
        wait_until('the broker has ended', lambda: kafka.running.process.poll() is not None)
        self.pause()
        self.all.disk.make_room()
        kafka.kill()
        kafka.start()

    def restart_in_turn(self):
        for instance in self.sale.instances:
            instance.stop()
            instance.start()

    QUICK = (kill_at_random, kill_before_progress, kill_before_publishing, kill_and_arrive_late, stop_and_wake, cut_network,
             lose_acknowledgements, restart_in_turn)

    def faults(self):
        """All that can happen here."""
        impossible = [*([Round.fill_disk] if self.all.disk.missing else []),
                      *([Round.stop_and_wake] if isinstance(self.store, SqliteStore) else [])]
        return [fault for fault in (*self.QUICK, Round.kill_broker, Round.fill_disk) if fault not in impossible]

    def mix(self):
        for fault in self.chance.sample(self.QUICK, 2):
            fault(self)
