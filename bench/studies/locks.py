"""Locks: one wallet, one seat, one payment, wanted by thousands at once, guarded in many ways; each way's answers are judged. A holder
that sleeps for longer than its lock lasts shows what a fence is for. Servers are started here, on loopback, with data on a real disk."""
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / place) for place in ('tests/lines', 'tests/events')]
import report
from rabbitmq_server import RabbitMissing, RabbitServer
from report import ROOT, say, spread, table

import kafka_broker  # brings the folder tools
import redis_server
from local_servers import PostgresServer

# Way -> what is said of it. In the order of the tables.
GUARDS = {
    'lane': 'one thread decides what waits and commits it together; SQLite',
    'lane postgres': 'the same, PostgreSQL',
    'kafka batches': 'one partition, one consumer; up to 1,000 records a transaction',
    'rabbitmq batches': 'one queue, one consumer; up to 1,000 messages a transaction',
    'kafka': 'one partition, one consumer; a transaction each',
    'rabbitmq': 'one queue, one consumer; a transaction each',
    'sqlite': 'BEGIN IMMEDIATE',
    'mutex': 'std::mutex in one process',
    'spin': 'a flag that is asked again and again, in one process',
    'row lock': 'SELECT … FOR UPDATE',
    'optimistic': 'UPDATE … WHERE seq = what was read; again if not',
    'redis': 'Redisson\'s lock: hash with a TTL, woken by a message',
    'redis fenced': 'the same, and the store lets only its newest holder write',
    'redlock': 'majority of five Redis servers',
    'redlock fenced': 'the same, and the store lets only its newest holder write',
    'unique key': 'INSERT … ON CONFLICT DO NOTHING',
    'redis hold': 'SET NX PX, written and freed when it is paid',
    'sweeper': 'UPDATE … WHERE free, with an end; a sweeper frees what has ended',
    'none': 'no lock: planted, wrong'}
OURS = ('lane', 'lane postgres')
SEAT_ONLY = ('unique key', 'redis hold', 'sweeper')
BATCHED = ('kafka batches', 'rabbitmq batches')
LARGE = (*OURS, *BATCHED)  # measured at all sizes and in all rounds
FAST = 500                 # tasks a second at the smallest size: such ways are measured at the middle size too, in one round
SLOW = 150                 # slower ways are measured in one round
BUDGET = 20 * 60           # seconds; afterwards only first rounds
SIZES = (3_000, 30_000, 300_000)
ROUNDS = 3
TTL_MS = 100  # of the lock whose holder sleeps for three times as long
SEEDS = {3_000: 0.3, 30_000: 0.6}  # seconds with Kafka, as the projects that Stagedoor was modelled on state them


class Stack:
    """The servers that could be had, and the program. `missing`: way -> why it is skipped."""

    def __init__(self, folder, stack, quick):
        self.folder, self.missing, self.begin = folder, {}, time.monotonic()
        self.binary = pathlib.Path(os.environ.get('STAGEDOOR_BENCH_LOCKS', ROOT / 'build/release/bench/studies/locks/bench_locks'))
        self.postgres = stack.enter_context(PostgresServer(self.made('postgres')))
        self.redis = []
        with self.skipping('redis', 'redis fenced', 'redlock', 'redlock fenced', 'redis hold'):
            self.redis = [stack.enter_context(redis_server.RedisServer(self.made(f'redis{n}'))) for n in range(5)]
        self.kafka = self.rabbit = None
        if quick:
            self.missing |= {way: 'its server takes too long to start for --quick' for way in ('kafka', 'rabbitmq', *BATCHED)}
            return
        with self.skipping('kafka', 'kafka batches'):
            self.kafka = stack.enter_context(kafka_broker.KafkaBroker(self.made('kafka'), partitions=1))
        with self.skipping('rabbitmq', 'rabbitmq batches'):
            self.rabbit = stack.enter_context(RabbitServer(folder / 'rabbit'))

    def made(self, name):
        (self.folder / name).mkdir()
        return self.folder / name

    @contextlib.contextmanager
    def skipping(self, *ways):
        try:
            yield
        except (redis_server.RedisMissing, kafka_broker.KafkaMissing, RabbitMissing, RuntimeError) as why:
            self.missing |= {way: str(why).splitlines()[0] for way in ways}

    def cpu_seconds(self):
        """Of all servers, with the processes they started."""
        return sum(tree_cpu(server.process.pid if hasattr(server, 'process') else server.pid)
                   for server in [self.postgres, *self.redis, self.kafka, self.rabbit] if server)

    def run(self, way, work, size, **options):
        """One measurement; None where the build does not have the way."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        if way == 'lane postgres':
            self.postgres.psql('-c', 'drop database if exists lane', '-c', 'create database lane')
        words = [self.binary, '--way', way, '--work', work, '--size', size, '--folder', folder,
                 '--postgres', self.postgres.url('lane' if way == 'lane postgres' else 'postgres')]
        if self.redis:
            words += ['--redis', *(server.address for server in self.redis)]
        words += [word for name, server in (('--kafka', self.kafka), ('--rabbitmq', self.rabbit)) if server for word in (name, server.address)]
        words += [word for name, value in options.items() for word in (f'--{name.replace("_", "-")}', value)]
        before = self.cpu_seconds()
        try:
            ran = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if ran.returncode == 3:
            self.missing[way] = 'it was built without the client library'
            return None
        if ran.returncode:
            raise RuntimeError(f'{way} failed: {ran.stderr[-2000:]}')
        return {**json.loads(ran.stdout.splitlines()[-1]), 'serverCpuSeconds': self.cpu_seconds() - before}


def tree_cpu(root):
    """Seconds of a process, its living descendants, and the children they have waited for."""
    parents, used = {}, {}
    for path in pathlib.Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            fields = path.read_text().rsplit(')', 1)[1].split()
            pid = int(path.parent.name)
            parents[pid], used[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    total, open_ = 0, [root]
    while open_:
        pid = open_.pop()
        total += used.get(pid, 0)
        open_ += [child for child, parent in parents.items() if parent == pid]
    return total / os.sysconf('SC_CLK_TCK')


def measure(stack, results, work, size, ways, rounds, **options):
    """The ways in turns: what the machine does meanwhile hits all of them."""
    slow = {point['way'] for point in results.points if (point['work'], point['size']) == (work, size) and is_slow(point)}
    for number in range(rounds):
        for way in ways:
            if is_there(results.points, way, work, size, number + 1):
                continue
            if way in stack.missing or way in slow or number and time.monotonic() - stack.begin > BUDGET:
                continue
            try:
                point = stack.run(way, work, size, **options)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                stack.missing[way] = f'it failed at {work} {size:,}: {str(error).splitlines()[-1]}'
                say(f'  {stack.missing[way]}')
                continue
            if point:
                results.add({**point, 'round': number + 1})
                if is_slow(point):
                    slow.add(way)
                say(f'  {work} {size:,} {way}: {point["seconds"]:.2f} s, {point["wrong"]} wrong')


def is_slow(point):
    return point['size'] / point['seconds'] < SLOW and point['work'] != 'paused'


def is_there(points, way, work, size, number):
    """With --resume: whether an earlier run measured it."""
    return any((point['way'], point['work'], point['size'], point['round']) == (way, work, size, number) for point in points)


def of(points, work, size=None):
    """{way: [points of its rounds]}, in the order of the tables."""
    chosen = {way: [point for point in points if point['way'] == way and point['work'] == work and size in (None, point['size'])] for way in GUARDS}
    return {way: found for way, found in chosen.items() if found}


def middle(points, field):
    return statistics.median(point[field] for point in points)


HEAD = ('way', 'guard', 's', 'tasks/s', 'p50 ms', 'p99 ms', 'retries', 'failed', 'wrong', 'CPU s: clients', 'servers')


def row(way, points):
    size = points[0]['size']
    wrong = max(point['wrong'] for point in points)
    form = '{:,.3f}' if middle(points, 'seconds') < 0.1 else '{:,.2f}'
    return [f'**{way}**' if way in OURS else way, GUARDS[way], spread([point['seconds'] for point in points], form),
            f'{size / middle(points, "seconds"):,.0f}', f'{middle(points, "p50Ms"):,.0f}', f'{middle(points, "p99Ms"):,.0f}',
            f'{middle(points, "retries"):,.0f}', max(point['failed'] for point in points), f'**{wrong:,}**' if wrong else 0,
            f'{middle(points, "cpuSeconds"):.2f}', f'{middle(points, "serverCpuSeconds"):.2f}']


PAUSED_HEAD = ('way', 'money for', 'granted', 'double spends', 'stopped by the fence', 'balance, of what it should be')


def paused_row(way, points):
    granted = ' / '.join(str(point['granted']) for point in points)
    money = points[0]['size'] // 2
    doubles = ' / '.join(str(max(0, point['granted'] - money)) for point in points)
    return [way, money, granted, doubles, ' / '.join(str(point['fenced']) for point in points),
            ' / '.join(f'{point["found"]} of {point["expected"]}' for point in points)]


def verdicts(points):
    """What issue and requirements ask for, and whether it holds."""
    lines = []
    for size in sorted({point['size'] for point in points if point['work'] == 'wallet'}):
        ways = of(points, 'wallet', size)
        right = {way: found for way, found in ways.items() if way not in OURS and not any(point['wrong'] or point['failed'] for point in found)}
        if not right:
            continue
        for ours in (way for way in OURS if way in ways):
            exact = not any(point['wrong'] or point['failed'] for point in ways[ours])
            singles = {way: found for way, found in right.items() if way not in BATCHED}
            text = []
            for name, others in (('the best other way', right), ('the best that commits each change by itself', singles)):
                if others:
                    best = min(others, key=lambda way: middle(others[way], 'seconds'))
                    ratio = middle(ways[ours], 'seconds') / middle(others[best], 'seconds')
                    text.append(f'{ratio:.3f} × {name} ({best}): {"holds" if ratio <= 0.3 else "MISSED"}')
            lines.append(f'- {size:,}, {ours}: {"100 % right" if exact else "WRONG"}; ' + '; '.join(text))
    wrong = [point['wrong'] for point in points if point['way'] == 'none' and point['work'] == 'wallet']
    if wrong:
        lines.append(f'- The planted wrong way is {"shown to be wrong" if min(wrong) else "NOT SHOWN TO BE WRONG"}: '
                     f'{min(wrong):,} to {max(wrong):,} of its answers.')
    return '\n'.join(lines) + ' \nAt most 0.3 is asked for.'


def draw(points):
    def figure(pyplot, theme):
        made, axes = pyplot.subplots(figsize=(9, 5.5))
        every = {way: sorted({point['size'] for found in [of(points, 'wallet')[way]] for point in found}) for way in of(points, 'wallet')}
        for index, (way, sizes) in enumerate(every.items()):
            found = [of(points, 'wallet', size)[way] for size in sizes]
            wrong = any(point['wrong'] for group in found for point in group)
            mark = 'x' if wrong else 'o' if index < len(report.COLOURS) else 's'
            axes.plot(sizes, [middle(group, 'seconds') for group in found], label=way + (' (wrong)' if wrong else ''), marker=mark,
                      color=report.COLOURS[index % len(report.COLOURS)], linewidth=2.5 if way in OURS else 1,
                      linestyle=':' if wrong else '-' if index < len(report.COLOURS) else '--')
        axes.plot(list(SEEDS), list(SEEDS.values()), color=report.GREY, marker='D', linestyle='--',
                  label='Kafka, as others state it (not measured here)')
        axes.set(xscale='log', yscale='log', xlabel='charges and uses of one wallet, at once', ylabel='seconds to the last answer')
        axes.legend(loc='center left', bbox_to_anchor=(1, 0.5))
        return made
    return figure


def sections(stack, points):
    made = {}
    for size in SIZES:
        ways = of(points, 'wallet', size)
        made[f'wallet {size}'] = table(HEAD, [row(way, found) for way, found in ways.items()]) if ways else 'Not measured.'
    for work in ('seat', 'payment'):
        made[work] = table(HEAD, [row(way, found) for way, found in of(points, work).items()]) if of(points, work) else 'Not measured.'
    made['paused'] = table(PAUSED_HEAD, [paused_row(way, found) for way, found in of(points, 'paused').items()])
    made['verdict'] = verdicts(points)
    made['skipped'] = '\n'.join(f'- {way}: skipped, because {why}' for way, why in stack.missing.items()) or 'No way was skipped.'
    made['plot'] = report.picture('locks', 'seconds to the last answer over the number of charges and uses, for each way; both axes logarithmic')
    return made


def run(stack, results, options):
    wallet = [way for way in GUARDS if way not in SEAT_ONLY]
    if options.quick:
        measure(stack, results, 'wallet', 40, wallet, 1, clients=8)
        measure(stack, results, 'seat', 60, ['lane', 'row lock', *SEAT_ONLY], 1, clients=8)
        measure(stack, results, 'payment', 60, ['lane', 'row lock'], 1, clients=8)
        measure(stack, results, 'paused', 60, ['redis', 'redis fenced'], 1, clients=8, lock_ttl=TTL_MS)
        return
    measure(stack, results, 'wallet', SIZES[0], wallet, ROUNDS)
    measure(stack, results, 'paused', 200, ['redis', 'redis fenced', 'redlock', 'redlock fenced'], ROUNDS, clients=8, lock_ttl=TTL_MS)
    for size in SIZES[1:]:
        measure(stack, results, 'wallet', size, LARGE, ROUNDS)
    small = of(results.points, 'wallet', SIZES[0])
    singles = [way for way in small if way not in LARGE and SIZES[0] / middle(small[way], 'seconds') >= FAST]
    measure(stack, results, 'wallet', SIZES[1], singles, 1)
    found = of(results.points, 'wallet', SIZES[1])
    fastest = min((way for way in singles if way in found and way != 'none'), key=lambda way: middle(found[way], 'seconds'), default=None)
    measure(stack, results, 'wallet', SIZES[2], [fastest] * bool(fastest), 1)
    measure(stack, results, 'payment', 1_000, [way for way in wallet if way not in BATCHED], ROUNDS)
    measure(stack, results, 'seat', 10_000, [way for way in GUARDS if way not in BATCHED and 'fenced' not in way], ROUNDS)


def main(words):
    parser = report.parser('locks', __doc__)
    parser.add_argument('--resume', action='store_true', help='measure only what locks.json does not have yet: after a run that was stopped')
    options = parser.parse_args(words)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    folder.chmod(0o755)  # PostgreSQL and RabbitMQ run as users of their own
    begin = time.monotonic()
    results = report.Results('locks', options, report.machine(
        PostgreSQL=report.version('psql', '--version'), SQLite=report.version('sqlite3', '--version'),
        Redis=report.version('redis-server', '--version'),
        Kafka='4.1.1', RabbitMQ=report.version('dpkg-query', '-W', '-f', '${Version}', 'rabbitmq-server')))
    if options.resume and results.file.exists():
        results.points = json.loads(results.file.read_text())['points']
    try:
        with contextlib.ExitStack() as servers:
            stack = Stack(folder, servers, options.quick)
            run(stack, results, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f'took {time.monotonic() - begin:.0f} s')
    results.finish(sections(stack, results.points), {} if options.quick else {'locks': draw(results.points)})


if __name__ == '__main__':
    main(sys.argv[1:])
