"""The waiting room under load (R-L1): in every iteration a new user joins and asks once where they stand.

Open loop: iterations begin when they are due, whatever the server does, and times count from then on. Each rate has a server
freshly started. The first rate that breaks (see is_broken) ends the run of rates, and one halfway to it is measured too.

With --lines: the same for each place where the joins may be (the embedded store, PostgreSQL, and Redis and Kafka over PostgreSQL), and
then how many joins a second they take at full speed, in turns, as a ratio to PostgreSQL (R-Q18)."""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile
import time

import servers
from servers import ROOT, PostgresServer, Stagedoor, load, median, say

sys.path[:0] = [str(ROOT / 'tests/events'), str(ROOT / 'tests/lines')]
from kafka_broker import KafkaBroker, KafkaMissing
from redis_server import DURABLE, RedisMissing, RedisServer

EVENT = 1
CATALOGUE = '''layouts:
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Club Night
    performer: The Understudies
    venue: Bench Hall
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: interval, people: 100, every: 1s}
    dates:
      - {id: 1, starts_at: 2096-02-01T00:00:00Z, layout: club, prices: {Standard: 110000}}
'''
# The requirements' reference figures, of other systems on other machines: (name, iterations/s, mean, p95, max in ms, success share).
REFERENCE = [('database queue', 500, 12_700, None, None, 0.9714),
             ('Redis', 3000, 3.01, 16.54, 230, 1),
             ('Kafka', 3000, 1, 2.66, 107, 1)]


def arguments(words):
    parser = argparse.ArgumentParser(prog='./x study queue', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rates', type=int, nargs='+', default=[100, 500, 1000, 3000], help='iterations/s (100 500 1000 3000)')
    parser.add_argument('--only-rates', action='store_true', help='do not go on in doublings to where it breaks')
    parser.add_argument('--seconds', type=float, default=60, help='measured per rate (60)')
    parser.add_argument('--connections', type=int, default=1024)
    parser.add_argument('--setting', action='append', default=[], metavar='NAME=VALUE', help='of the server, such as store.url=…; repeatable')
    parser.add_argument('--postgres', action='store_true', help='over a PostgreSQL of its own instead of the embedded store')
    parser.add_argument('--lines', action='store_true', help='all places where joins may be; results in queue-lines.json and its plots')
    parser.add_argument('--only-ratios', action='store_true', help='with --lines: only the joins at full speed')
    parser.add_argument('--rounds', type=int, default=5, help='of joins at full speed, with --lines (5)')
    parser.add_argument('--label', help='names these results in the file and in the plot (embedded store, or PostgreSQL)')
    parser.add_argument('--folder', type=pathlib.Path, default=pathlib.Path('/var/tmp'), help='stores go into a new folder in here, on a real disk (/var/tmp)')
    parser.add_argument('--into', type=pathlib.Path, default=ROOT / 'build/study', help='where queue-load.json and the plots are kept (build/study)')
    parser.add_argument('--quick', action='store_true', help='a smoke test: two rates, for moments')
    chosen = parser.parse_args(words)
    chosen.line = None
    chosen.label = chosen.label or ('PostgreSQL' if chosen.postgres else 'embedded store')
    if chosen.quick:
        chosen.rates, chosen.seconds, chosen.only_rates, chosen.rounds = [100, 500], 1, True, 1
    return chosen


# Places of the line: (label, over PostgreSQL, where the joins are if not in the store)
LINES = [('embedded store', False, None), ('PostgreSQL', True, None), ('Redis', True, 'redis'), ('Kafka', True, 'kafka')]


def start(options, folder, started):
    """(a server as the options say, the process with its joins or nothing); all end with `started`."""
    (folder / 'catalogue.yaml').write_text(CATALOGUE)
    settings, log = options.setting, None
    if options.postgres:
        (folder / 'postgres').mkdir()
        postgres = started.enter_context(PostgresServer(folder / 'postgres', ['shared_buffers=512MB', 'max_wal_size=8GB']))
        settings = [*settings, f'store.url={postgres.url()}', 'auth.keys=' + 'k' * 32]
    if options.line == 'redis':
        log = started.enter_context(RedisServer(folder / 'redis', *DURABLE))
        settings = [*settings, f'room.url={log.url}']
    if options.line == 'kafka':
        (folder / 'kafka').mkdir()
        log = started.enter_context(KafkaBroker(folder / 'kafka', heap='1g'))
        settings = [*settings, f'room.url=kafka://{log.address}/stagedoor.line']
    return started.enter_context(Stagedoor(folder, folder / 'catalogue.yaml', settings)), log and log.running


def warm_up(options):
    """Seconds that are not counted. A broker compiles itself while it is first used, and uses more than a core for that."""
    return 20 if options.line == 'kafka' else 2


def measure(options, folder, rate):
    """One rate on a server of its own."""
    folder = folder / str(rate)
    folder.mkdir()
    with contextlib.ExitStack() as started:
        server, log = start(options, folder, started)
        begin, cpu, log_cpu = time.monotonic(), server.cpu_seconds(), log.cpu_seconds() if log else 0
        report = load(server.port, connections=options.connections, rate=rate, seconds=options.seconds,
                      warm_up=min(warm_up(options), options.seconds), method='POST', target='/queue',
                      first=time.time_ns() // 1000,  # other users than in any run before, should the store outlive it
                      body=f'{{"userId":"{{uuid}}","eventId":{EVENT}}}', take='"token":"', then_target='/queue',
                      then_header='Authorization: {1}')
        took = time.monotonic() - begin
        cpu = (server.cpu_seconds() - cpu) / took
        log_cpu = (log.cpu_seconds() - log_cpu) / took if log else None
        memory = server.memory_mb()
    shutil.rmtree(folder)
    failed = {name: count for name, count in report['answers'].items() if name not in ('200', '201')}
    ms = {name: {key: value / 1000 for key, value in report[f'{name}Us'].items()} for name in ('latency', 'first', 'second')}
    result = {'label': options.label, 'settings': options.setting, 'rate': rate, 'seconds': options.seconds,
              'iterations': report['measured'], 'servedPerSecond': report['perSecond'], 'failed': failed,
              'success': 1 - sum(failed.values()) / report['sent'], 'iterationMs': ms['latency'], 'joinMs': ms['first'],
              'statusMs': ms['second'], 'serverCpu': cpu, 'logCpu': log_cpu, 'serverMemoryMb': memory, 'generatorBusy': report['busy'],
              'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
              'machine': {'cores': os.cpu_count(), 'kernel': platform.release()}}
    result['broken'] = is_broken(result)
    say('  ' + ' | '.join(row(result)))
    os.sync()  # what this rate wrote is no load on the next
    return result


def is_broken(result):
    return bool(result['failed']) or result['servedPerSecond'] < 0.99 * result['rate'] or result['iterationMs']['p99'] > 1000


def run(options, folder):
    good = 0
    rates = list(options.rates)
    while rates:
        rate = rates.pop(0)
        result = measure(options, folder, rate)
        yield result
        if result['broken']:
            if good and not options.only_rates:
                yield measure(options, folder, round((good + rate) / 2))
            return
        good = rate
        if not rates and not options.only_rates:
            rates.append(rate * 2)


HEAD = ('store', 'offered/s', 'served/s', 'success', 'mean', 'p50', 'p95', 'p99', 'max', 'join p95', 'status p95', 'server CPU', 'log CPU', 'generator busy')


def ms(value):
    return f'{value:,.2f}' if value < 100 else f'{value:,.0f}'


def row(result):
    times = [ms(result['iterationMs'][name]) for name in ('mean', 'p50', 'p95', 'p99', 'max')]
    success = f'{result["success"]:.2%}' if result['failed'] else '100 %'
    return [result['label'], f'{result["rate"]:,}', f'{result["servedPerSecond"]:,.0f}', success, *times, ms(result['joinMs']['p95']),
            ms(result['statusMs']['p95']), f'{result["serverCpu"]:.0%}', f'{result["logCpu"]:.0%}' if result.get('logCpu') else '',
            f'{result["generatorBusy"]:.0%}']


def table(results):
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in [HEAD, ['---'] * len(HEAD), *map(row, results)])


def keep(file, new):
    """Adds to what the file has; the same label and rate replaces."""
    old = json.loads(file.read_text()) if file.exists() else []
    named = {(result['label'], result['rate']): result for result in old + new}
    order = [line[0] for line in LINES]
    results = [named[key] for key in sorted(named, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key))]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + '\n')
    return results


def of_line(options, line):
    """The options for one of LINES."""
    return argparse.Namespace(**{**vars(options), **dict(zip(('label', 'postgres', 'line'), line))})


def can_be_had(line):
    """Whether the log of this line can be started here."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            {'redis': RedisServer, 'kafka': KafkaBroker}.get(line, lambda _: None)(pathlib.Path(folder))
        return True
    except (KafkaMissing, RedisMissing) as why:
        say(f'  skipped, because: {why}')
        return False


def joins_at_full_speed(options, folder):
    """Joins a second that got a place, into a server of its own."""
    folder.mkdir()
    with contextlib.ExitStack() as started:
        server, _ = start(options, folder, started)
        report = load(server.port, connections=options.connections, seconds=min(options.seconds, 10), warm_up=min(warm_up(options), options.seconds),
                      method='POST', target='/queue', first=time.time_ns() // 1000, body=f'{{"userId":"{{uuid}}","eventId":{EVENT}}}')
    servers.expect_only(report, '201', '503 OVERLOADED')  # as many at once as there are connections may be more than a log takes
    shutil.rmtree(folder)
    os.sync()
    return report['perSecond'] * report['answers']['201'] / sum(report['answers'].values())


def ratios(options, folder, lines):
    """Joins a second of each line, and their ratio to PostgreSQL, which is measured before and after each of the others. All so far after
    each."""
    others = [line for line in lines if line[2]]
    postgres = of_line(options, next(line for line in lines if line[0] == 'PostgreSQL'))
    runs = []
    for number in range(options.rounds):
        for line in others if number % 2 else reversed(others):
            around = [joins_at_full_speed(postgres, folder / 'before')]
            joins = joins_at_full_speed(of_line(options, line), folder / 'joins')
            around.append(joins_at_full_speed(postgres, folder / 'after'))
            runs.append({'label': line[0], 'joins': joins, 'postgres': sum(around) / 2, 'ratio': 2 * joins / sum(around)})
            say(f'  round {number + 1}/{options.rounds}: {line[0]} {joins:,.0f}/s, PostgreSQL {around[0]:,.0f}/s and {around[1]:,.0f}/s, '
                f'ratio {runs[-1]["ratio"]:.2f}')
            yield runs


def table_of_ratios(runs):
    lines = ['| joins at full speed | a second | PostgreSQL | ratio |', '| --- | --- | --- | --- |']
    for label in dict.fromkeys(run['label'] for run in runs):
        own = [one for one in runs if one['label'] == label]
        lines.append(f'| {label} | {median(one["joins"] for one in own):,.0f} | {median(one["postgres"] for one in own):,.0f} | '
                     f'{median(one["ratio"] for one in own):.2f} |')
    return '\n'.join(lines)


def main(words):
    options = arguments(words)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    file = options.into / ('queue-lines.json' if options.lines else 'queue-load.json')
    lines = [line for line in LINES if can_be_had(line[2])] if options.lines else []
    results, runs = [], []
    try:
        for chosen in [of_line(options, line) for line in lines] or [options]:
            for result in [] if options.only_ratios else run(chosen, folder):
                results = keep(file, [result])
        if lines:
            options.into.mkdir(parents=True, exist_ok=True)
            for runs in ratios(options, folder, lines):
                (options.into / 'queue-ratios.json').write_text(json.dumps(runs, indent=1) + '\n')
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if runs:
        print(table_of_ratios(runs) + '\n')
    if results:
        print(table(results))
        import queue_plot  # only here is matplotlib needed
        queue_plot.draw(results, REFERENCE, file)
