"""The waiting room under load (R-L1): in every iteration a new user joins and asks once where they stand.

Open loop: iterations begin when they are due, whatever the server does, and times count from then on. Each rate has a server
freshly started. The first rate that breaks (see is_broken) ends the run of rates, and one halfway to it is measured too."""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import tempfile
import time

import servers
from servers import ROOT, PostgresServer, Stagedoor, load, say

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
    parser.add_argument('--label', help='names these results in the file and in the plot (embedded store, or PostgreSQL)')
    parser.add_argument('--folder', type=pathlib.Path, default=pathlib.Path('/var/tmp'), help='stores go into a new folder in here, on a real disk (/var/tmp)')
    parser.add_argument('--into', type=pathlib.Path, default=ROOT / 'build/study', help='where queue-load.json and .png are kept (build/study)')
    parser.add_argument('--quick', action='store_true', help='a smoke test: two rates, for moments')
    chosen = parser.parse_args(words)
    chosen.label = chosen.label or ('PostgreSQL' if chosen.postgres else 'embedded store')
    if chosen.quick:
        chosen.rates, chosen.seconds, chosen.only_rates = [100, 500], 1, True
    return chosen


def measure(options, folder, rate):
    """One rate on a server of its own."""
    folder = folder / str(rate)
    folder.mkdir()
    (folder / 'catalogue.yaml').write_text(CATALOGUE)
    with contextlib.ExitStack() as started:
        settings = options.setting
        if options.postgres:
            (folder / 'postgres').mkdir()
            postgres = started.enter_context(PostgresServer(folder / 'postgres', ['shared_buffers=512MB', 'max_wal_size=8GB']))
            settings = [*settings, f'store.url={postgres.url()}', 'auth.keys=' + 'k' * 32]
        server = started.enter_context(Stagedoor(folder, folder / 'catalogue.yaml', settings))
        begin, cpu = time.monotonic(), server.cpu_seconds()
        report = load(server.port, connections=options.connections, rate=rate, seconds=options.seconds,
                      warm_up=min(2, options.seconds), method='POST', target='/queue',
                      first=time.time_ns() // 1000,  # other users than in any run before, should the store outlive it
                      body=f'{{"userId":"{{uuid}}","eventId":{EVENT}}}', take='"token":"', then_target='/queue',
                      then_header='Authorization: {1}')
        cpu = (server.cpu_seconds() - cpu) / (time.monotonic() - begin)
        memory = server.memory_mb()
    shutil.rmtree(folder)
    failed = {name: count for name, count in report['answers'].items() if name not in ('200', '201')}
    ms = {name: {key: value / 1000 for key, value in report[f'{name}Us'].items()} for name in ('latency', 'first', 'second')}
    result = {'label': options.label, 'settings': options.setting, 'rate': rate, 'seconds': options.seconds,
              'iterations': report['measured'], 'servedPerSecond': report['perSecond'], 'failed': failed,
              'success': 1 - sum(failed.values()) / report['sent'], 'iterationMs': ms['latency'], 'joinMs': ms['first'],
              'statusMs': ms['second'], 'serverCpu': cpu, 'serverMemoryMb': memory, 'generatorBusy': report['busy'],
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


HEAD = ('store', 'offered/s', 'served/s', 'success', 'mean', 'p50', 'p95', 'p99', 'max', 'join p95', 'status p95', 'server CPU', 'generator busy')


def ms(value):
    return f'{value:,.2f}' if value < 100 else f'{value:,.0f}'


def row(result):
    times = [ms(result['iterationMs'][name]) for name in ('mean', 'p50', 'p95', 'p99', 'max')]
    success = f'{result["success"]:.2%}' if result['failed'] else '100 %'
    return [result['label'], f'{result["rate"]:,}', f'{result["servedPerSecond"]:,.0f}', success, *times, ms(result['joinMs']['p95']),
            ms(result['statusMs']['p95']), f'{result["serverCpu"]:.0%}', f'{result["generatorBusy"]:.0%}']


def table(results):
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in [HEAD, ['---'] * len(HEAD), *map(row, results)])


def keep(file, new):
    """Adds to what the file has; the same label and rate replaces."""
    old = json.loads(file.read_text()) if file.exists() else []
    named = {(result['label'], result['rate']): result for result in old + new}
    results = [named[key] for key in sorted(named)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + '\n')
    return results


def main(words):
    options = arguments(words)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    file = options.into / 'queue-load.json'
    results = []
    try:
        for result in run(options, folder):
            results = keep(file, [result])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(results))
    import queue_plot  # only here is matplotlib needed
    queue_plot.draw(results, REFERENCE, file.with_suffix('.png'))
