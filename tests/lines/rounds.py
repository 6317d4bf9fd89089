"""What the rounds of faults on the line share: three instances over PostgreSQL, a log of joins on Redis or Kafka behind a proxy, the
faults, and what must hold after each."""
import atexit
import collections
import contextlib
import functools
import json
import os
import pathlib
import random
import sys
import tempfile
import threading
import time
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / 'events'), str(HERE.parents[1] / 'tools')]
import judge
import rush
import server
from kafka_broker import KafkaBroker, KafkaMissing
from local_servers import PostgresServer
from redis_server import DURABLE, RedisConnection, RedisServer, Sentinel
from rush import CATALOGUE, Rush
from sale import Instances, PostgresStore, wait_until
from tcp_proxy import TcpProxy

try:
    import confluent_kafka.admin
except ImportError:
    confluent_kafka = None

SEED = int(os.environ.get('STAGEDOOR_TEST_SEED') or time.time())
ROUNDS = int(os.environ.get('STAGEDOOR_TEST_ROUNDS') or (100 if os.environ.get('STAGEDOOR_TEST_LONG') else 0))
ASKED = 40  # people whom every instance is asked about after a round
atexit.register(unittest.doModuleCleanups)  # after Ctrl-C, too


class Servers:
    """What all rounds share."""

    def __init__(self):
        folder = tempfile.TemporaryDirectory(prefix='stagedoor-line-', dir='/var/tmp')
        unittest.addModuleCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)  # PostgreSQL runs as another user
        self.rounds = 0

    @functools.cached_property
    def postgres(self):
        (self.folder / 'postgres').mkdir()
        running = PostgresServer(self.folder / 'postgres', ['max_connections=200', 'fsync=off'])
        unittest.addModuleCleanup(running.stop)
        return running

    @functools.cached_property
    def kafka_proxy(self):
        proxy = TcpProxy().__enter__()
        unittest.addModuleCleanup(proxy.__exit__)
        return proxy

    @functools.cached_property
    def kafka(self):
        """Throws KafkaMissing."""
        if confluent_kafka is None:
            raise KafkaMissing('the Python package confluent-kafka is missing (Debian: python3-confluent-kafka)')
        (self.folder / 'kafka').mkdir(exist_ok=True)
        broker = KafkaBroker(self.folder / 'kafka', proxied=self.kafka_proxy.address, partitions=1)
        self.kafka_proxy.lead_to(broker.proxied_port)
        unittest.addModuleCleanup(broker.stop)
        broker.start()
        return broker

    def next_name(self):
        self.rounds += 1
        return f'line{self.rounds}'


@functools.cache
def servers():
    return Servers()


class LineStore(PostgresStore):
    """All instances have the same URL, as those of operators do."""

    def url(self, number):
        return self.postgres.url(self.name)


class Round:
    """with RedisRound() as one: one.under_load(RedisRound.flush); a sale with its log of joins."""

    def __init__(self):
        self.all = servers()
        self.name = self.all.next_name()
        self.folder = self.all.folder / self.name
        self.folder.mkdir()
        self.chance = random.Random(SEED * 1000 + self.all.rounds)
        self.open = contextlib.ExitStack()

    def __enter__(self):
        with self.open:  # closes what is open when the rest fails
            self.start_log()
            self.store = LineStore(self.all.postgres, self.name)
            self.sale = self.open.enter_context(
                Instances(self.folder, self.store, CATALOGUE, 3, [f'--room.url={self.url}']))
            self.rush = Rush(self.sale, self.chance.getrandbits(30))
            self.open = self.open.pop_all()
        return self

    def __exit__(self, *_):
        self.open.close()

    def start_log(self):
        """Sets url and proxy."""

    def records(self):
        """judge.Record of all that the log has, in order."""

    def under_load(self, *faults):
        """The faults in the middle of a rush; then new places are given again, and all of the promises are looked at."""
        with self.rush:
            self.rush.wait_for(200)
            for fault in faults:
                fault(self)
            self.rush.wait_for(100)
        return self.judge()

    def line(self):
        """The line, once all that was appended has its place and the log has all places again."""
        def whole():
            records, marks = self.records(), judge.Marks(self.store)
            self.last = judge.Line(marks, records)
            return (not records or marks.has_taken(records[-1])) and not self.last.lost and (self.last, marks)
        try:
            return wait_until('the log has all places', whole, 60)
        except AssertionError:
            raise AssertionError(f'{len(self.last.lost)} places are not in the log, such as {self.last.lost[:5]}' + self.sale.warnings()) from None

    def judge(self):
        url, = self.sale.urls()[:1]
        wait_until('the room is paused', lambda: server.call(f'{url}/admin/events/1/queue/pause', 'POST', {}, self.sale.KEY)[0] == 200)
        time.sleep(0.3)  # nobody is let in any more, and all instances know
        line, marks = self.line()
        answers = self.rush.answers
        wrong = [*self.rush.wrong, *line.wrong, *judge.faults_of_answers(line, answers), *judge.faults_of_users(line, marks),
                 *judge.faults_of_limits(marks.visits.values(), rush.PEOPLE, rush.EVERY_MS, rush.CAPACITY)]
        known = self.chance.sample(answers, min(ASKED, len(answers)))
        wrong += self.faults_of_instances(line, marks, known)
        for instance in self.sale.instances:  # nobody is left who has heard of the places
            instance.kill()
        for instance in self.sale.instances:
            instance.start()
        wrong += [f'after a start: {fault}' for fault in self.faults_of_instances(line, marks, known)]
        audit = self.sale.audit(f'--room.url={self.url}')
        if audit.returncode:
            wrong.append(f'the audit ended with {audit.returncode}: {audit.stdout[-1000:]}{audit.stderr[-1000:]}')
        if wrong:
            raise AssertionError('\n'.join([f'{len(wrong)} faults of {len(answers)} answers:', *wrong[:20]]) + self.sale.warnings())
        return line, marks

    def faults_of_instances(self, line, marks, known):
        """Every instance knows the place of these people, and how many wait ahead of them."""
        wrong, expected = [], judge.ahead(line, marks)
        fan = rush.Fan()
        for number, instance in enumerate(self.sale.instances):
            for answer in known:
                told = wait_until('an instance knows the newest changes', lambda: self.ask(fan, instance, 'GET', answer.token), 20)
                if judge.plain(told['userId']) != answer.user:
                    wrong.append(f'instance {number} told {answer.user} of the place of {told["userId"]}')
                if answer.place in expected and (told['status'], told['position']) != ('CREATED', expected[answer.place]):
                    wrong.append(f'instance {number} told the owner of place {answer.place} {told["status"]} {told["position"]}, '
                                 f'and {expected[answer.place]} wait ahead')
                if answer.place in expected and answer in known[:10]:
                    again = wait_until('a join is answered',
                                       lambda: self.ask(fan, instance, 'POST', body={'userId': str(uuid.UUID(answer.user)), 'eventId': 1}), 20)
                    if rush.place_of(again['token']) != answer.place:
                        wrong.append(f'instance {number} gave {answer.user} place {rush.place_of(again["token"])} instead of {answer.place}')
        fan.close()
        return wrong

    def ask(self, fan, instance, method, token='', body=None):
        """The answer; nothing while the instance refuses because it does not know enough."""
        status, said = fan.call(instance.url, method, '/queue', token, body)
        assert status in (200, 201, 503), said
        return said.get('data') if status < 300 else None

    # Faults that need no log of a kind

    def pause(self, shortest=0.1, longest=0.6):
        time.sleep(self.chance.uniform(shortest, longest))

    def kill_instance(self):
        victim = self.chance.choice(self.sale.instances)
        victim.kill()
        self.pause()
        wait_until('an instance starts', lambda: self.started(victim), 60)

    def started(self, instance):
        """An instance does not start while the log cannot be read or lacks places; whoever watches it starts it again."""
        with contextlib.suppress(RuntimeError):
            instance.start()
            return True
        instance.stop()
        return False

    def stop_instance(self):
        victim = self.chance.choice(self.sale.instances)
        victim.pause()
        try:
            self.pause(1, 3)
        finally:
            victim.resume()

    def cut_network(self):
        self.proxy.cut()
        self.pause(0.3, 2)
        self.proxy.mend()
        self.pause()
        self.proxy.freeze()
        self.pause(0.5, 2)
        self.proxy.mend()

    def lose_acknowledgements(self):
        for _ in range(3):
            self.proxy.lose_answers()
            self.pause(0.2, 1)
            self.proxy.mend()
            self.pause()

    def be_slow(self):
        """As a disk that others use, too."""
        self.proxy.delay(0.15)
        self.pause(1, 3)
        self.proxy.mend()

    def mix(self):
        """Two faults, and an instance that dies while the second one goes on."""
        # One that stands still comes first: the dying one may not be it.
        first, second = sorted(self.chance.sample(self.MIXED, 2), key=lambda fault: fault != Round.stop_instance)
        first(self)
        dying = threading.Thread(target=self.kill_instance)
        dying.start()
        try:
            second(self)
        finally:
            dying.join()


class RedisRound(Round):
    def __init__(self, is_durable=True, is_watched=False):
        super().__init__()
        self.is_durable, self.is_watched = is_durable, is_watched

    def start_log(self):
        options = DURABLE if self.is_durable else ()
        self.redis = self.newest = self.open.enter_context(RedisServer(self.folder / 'redis', *options))
        self.proxy = self.open.enter_context(TcpProxy())
        self.proxy.lead_to(self.redis.port)
        self.url = f'redis://{self.proxy.address}'
        if not self.is_watched:
            return
        self.replica = self.open.enter_context(RedisServer(self.folder / 'replica', *options))
        self.replica.ask('REPLICAOF', '127.0.0.1', self.proxy.port)
        sentinel = self.open.enter_context(Sentinel(self.folder / 'sentinel', self.proxy.port))
        self.sentinel, self.url = sentinel, sentinel.url
        wait_until('Sentinel knows the replica', lambda: sentinel.knows_replica(self.replica.port))
        wait_until('the replica is connected', lambda: self.replica.ask('ROLE')[3] == b'connected')

    def records(self):
        found = []
        for entry, fields in self.newest.ask('XRANGE', '{event:1}:line', '-', '+', timeout=30):
            named = dict(zip(fields[::2], fields[1::2]))
            high, low = entry.decode().split('-')
            found.append(judge.Record((int(high), int(low)), named[b'r'].hex(), named[b'u'].hex(), int(named.get(b'p', 0))))
        return found

    def kill_server(self):
        """A server with a file of what it did loses nothing, another one everything."""
        self.redis.kill()
        self.pause()
        self.redis.start()

    def flush(self):
        self.redis.ask('FLUSHALL')

    def fail_over(self):
        """To a replica that lacks the newest records."""
        self.proxy.freeze(self.replica.pid)
        self.rush.wait_for(60)
        self.redis.kill()
        self.proxy.cut()
        wait_until('Sentinel names the replica', lambda: self.sentinel.primary_port() == self.replica.port, 60)
        self.newest = self.replica
        wait_until('the replica takes writes', lambda: self.replica.ask('ROLE')[0] == b'master')

    def sleep(self):
        with RedisConnection(self.redis.port, timeout=20) as connection:
            connection.ask('DEBUG', 'SLEEP', self.chance.choice((0.8, 2, 6)))

    def fill_memory(self):
        self.redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', 1)
        refused = self.rush.refused['STORE_UNAVAILABLE']
        wait_until('joins are refused', lambda: self.rush.refused['STORE_UNAVAILABLE'] > refused + 5)
        self.pause()
        self.redis.ask('CONFIG', 'SET', 'maxmemory', 0)

    MIXED = (kill_server, flush, sleep, fill_memory, Round.cut_network, Round.lose_acknowledgements, Round.be_slow, Round.stop_instance)

    @classmethod
    def random(cls, chance):
        """(a round, its fault)."""
        fault = chance.choice((cls.kill_server, cls.kill_server, cls.flush, cls.fail_over, cls.cut_network, cls.sleep, cls.fill_memory,
                               cls.lose_acknowledgements, cls.mix, cls.mix))
        return cls(is_durable=chance.random() < 0.5, is_watched=fault is cls.fail_over), fault


class KafkaRound(Round):
    def start_log(self):
        self.kafka, self.proxy = self.all.kafka, self.all.kafka_proxy
        self.open.callback(self.proxy.mend)
        self.url = f'kafka://{self.proxy.address}/{self.name}'

    def consume(self):
        """The messages that the partition has now."""
        consumer = confluent_kafka.Consumer({'bootstrap.servers': self.kafka.address, 'group.id': 'judge', 'enable.auto.commit': False,
                                             'auto.offset.reset': 'earliest'})
        try:
            partition = confluent_kafka.TopicPartition(self.name, 0, confluent_kafka.OFFSET_BEGINNING)
            _, end = consumer.get_watermark_offsets(partition, 20)
            consumer.assign([partition])
            found = []
            while not found and end or found and found[-1].offset() + 1 < end:
                found += [message for message in consumer.consume(10_000, 1) if not message.error()]
            return [message for message in found if message.offset() < end]
        finally:
            consumer.close()

    def records(self):
        return [judge.Record((message.offset() + 1, 0), message.value()[16:32].hex(), message.value()[:16].hex(),
                             int.from_bytes(message.value()[32:36], 'big')) for message in self.consume()]

    def kill_broker(self):
        self.kafka.kill()
        self.pause()
        self.kafka.start()

    def lose_tail(self):
        """A broker that was killed and whose disk lost what was written last."""
        self.kafka.kill()
        folder = self.kafka.data / f'{self.name}-0'
        segment = max(folder.glob('*.log'))
        size = segment.stat().st_size
        os.truncate(segment, size - min(size, self.chance.randint(500, 20_000)))
        for file in [*folder.glob('*.index'), *folder.glob('*.timeindex'), *folder.glob('*.snapshot'),
                     self.kafka.data / 'recovery-point-offset-checkpoint', self.kafka.data / 'replication-offset-checkpoint']:
            file.unlink(missing_ok=True)
        self.kafka.start()

    def repeat_records(self):
        """What a producer does that does not know of an acknowledgement."""
        producer = confluent_kafka.Producer({'bootstrap.servers': self.kafka.address})
        for message in self.chance.sample(self.consume()[-300:], 100):
            producer.produce(self.name, message.value(), message.key(), 0)
        producer.flush(20)

    def make_topic(self, **settings):
        """With settings as retention_ms='-1'."""
        named = {name.replace('_', '.'): value for name, value in settings.items()}
        self.admin.create_topics([confluent_kafka.admin.NewTopic(self.name, 1, 1, config=named)])[self.name].result(20)

    def topic_settings(self):
        topic = confluent_kafka.admin.ConfigResource(confluent_kafka.admin.ConfigResource.Type.TOPIC, self.name)
        found, = self.admin.describe_configs([topic]).values()
        return {name: entry.value for name, entry in found.result(20).items()}

    @functools.cached_property
    def admin(self):
        """Kept: without it a call that waits for its answer is given up."""
        return confluent_kafka.admin.AdminClient({'bootstrap.servers': self.all.kafka.address})

    def delete_topic(self):
        """And make it again."""
        self.admin.delete_topics([self.name])[self.name].result(20)
        self.pause(0.5, 2.5)

        def is_made():
            with contextlib.suppress(confluent_kafka.KafkaException):  # the old one is still going, or the new one is not known everywhere
                if self.name not in self.admin.list_topics().topics:
                    self.make_topic(retention_ms='-1', cleanup_policy='delete')
                return self.topic_settings()
        made = wait_until('the topic is made again', is_made)
        assert made['retention.ms'] == '-1', 'an instance made the topic, with settings that lose joins'

    def stand_still(self):
        """The broker's process does not run for a while, again and again."""
        for _ in range(3):
            self.kafka.running.process.send_signal(19)
            try:
                self.pause(0.3, 1.5)
            finally:
                self.kafka.running.process.send_signal(18)
            self.pause()

    MIXED = (kill_broker, repeat_records, delete_topic, stand_still, Round.cut_network, Round.lose_acknowledgements, Round.be_slow,
             Round.stop_instance)

    @classmethod
    def random(cls, chance):
        return cls(), chance.choice((cls.kill_broker, cls.lose_tail, cls.repeat_records, cls.delete_topic, cls.stand_still, cls.cut_network,
                                     cls.lose_acknowledgements, cls.be_slow, cls.mix, cls.mix))


class LineRounds(unittest.TestCase):
    def round(self, one, *faults):
        with one:
            return one.under_load(*faults)

    def many(self, kind):
        begin, done, places, epochs = time.monotonic(), collections.Counter(), 0, 0
        chance = random.Random(SEED)
        for number in range(ROUNDS):
            one, fault = kind.random(chance)
            _, marks = self.round(one, fault)
            done[fault.__name__] += 1
            places += marks.last_place
            epochs += marks.marks[-1][0] - 1
            print(f'{number + 1} of {ROUNDS} rounds, {time.monotonic() - begin:.0f} s: {fault.__name__}', flush=True)
        print(json.dumps({'seed': SEED, 'rounds': done, 'places': places, 'losses': epochs,
                          'seconds': round(time.monotonic() - begin)}), flush=True)
