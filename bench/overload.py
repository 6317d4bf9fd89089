"""Overload (R-A4): joins, polls and holds at 0.5 to 4 times the peak in open loop, and from 10 times as many connections that send when they
are answered and obey Retry-After. A closed loop gives the mix; the peak is the largest goodput of that mix in open loop. Goodput is what was
accepted; its times count from the intended send time."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import tempfile
import time

import mixed_load
from servers import ROOT, load, say


def arguments(words):
    parser = argparse.ArgumentParser(prog='./x study overload', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--factors', type=float, nargs='+', default=[0.5, 1, 1.5, 2, 3, 4], help='of the peak (0.5 1 1.5 2 3 4)')
    parser.add_argument('--seconds', type=float, default=20, help='measured for each (20)')
    parser.add_argument('--folder', type=pathlib.Path, default=pathlib.Path('/var/tmp'), help='stores go into a new folder in here, on a real disk (/var/tmp)')
    parser.add_argument('--into', type=pathlib.Path, default=ROOT / 'build/study', help='where overload.json and the plots are kept (build/study)')
    parser.add_argument('--quick', action='store_true', help='a smoke test, for moments')
    chosen = parser.parse_args(words)
    if chosen.quick:
        chosen.factors, chosen.seconds = [0.5, 2], 2
    return chosen


def calm_again(port, sale):
    """Two seconds after the rush: the median time of a poll of a client alone."""
    time.sleep(2)
    report = load(port, connections=1, seconds=1, **sale.requests()['poll'])
    return {'pollP50Ms': report['latencyUs']['p50'] / 1000, 'refused': sum(n for name, n in report['answers'].items() if name != '200')}


def measure(sale, folder, name, works):
    """One kind of rush on a server of its own."""
    with sale.copy(folder / name) as server:
        begin, cpu = time.monotonic(), server.cpu_seconds()
        result = {'rush': name, **mixed_load.summary(mixed_load.together(server.port, works))}
        result['serverCpu'] = (server.cpu_seconds() - cpu) / (time.monotonic() - begin)
        result['serverMemoryMb'] = server.memory_mb()
        result['after'] = calm_again(server.port, sale)
    shutil.rmtree(folder / name)
    say('  ' + ' | '.join(row(result)))
    os.sync()
    return result


def find_peak(sale, folder, options, mix):
    """The largest goodput of this mix in open loop: more is offered in steps until less than 95 % of it are accepted."""
    best = None
    for percent in range(40, 130, 10):
        rates = {name: percent / 100 * rate for name, rate in mix['accepted'].items()}
        result = measure(sale, folder, f'{percent} % of the closed loop', sale.open_loop(options.seconds, rates, 1024))
        if not best or result['goodput'] > best['goodput']:
            best = {**result, 'rush': 'peak, open loop'}
        if result['goodput'] < 0.95 * sum(rates.values()):
            break
    return best


def run(options, folder):
    sale = mixed_load.Sale(folder)
    closed = sale.closed_loop(options.seconds)
    mix = measure(sale, folder, 'closed loop', closed)
    peak = find_peak(sale, folder, options, mix)
    yield peak
    yield mix
    for factor in options.factors:
        rates = {name: rate * factor * peak['goodput'] / mix['goodput'] for name, rate in mix['accepted'].items()}
        result = measure(sale, folder, f'{factor:g} × open loop', sale.open_loop(options.seconds, rates, 1024))
        yield {**result, 'factor': factor, 'offered': sum(rates.values())}
    many = {name: {**work, 'connections': 10 * work['connections'], 'obey_retry_after': True} for name, work in closed.items()}
    yield measure(sale, folder, '10 × connections', many)


HEAD = ('rush', 'goodput/s', 'joins/s', 'polls/s', 'holds/s', 'join p99 ms', 'poll p99 ms', 'hold p99 ms', 'refused', 'server CPU', 'memory MB',
        'poll p50 after, ms', 'generator busy')


def row(result):
    refused = sum(count for name, count in result['answers'].items() if not name.startswith('2'))
    share = refused / max(1, sum(result['answers'].values()))
    return [result['rush'], f'{result["goodput"]:,.0f}', *(f'{result["accepted"][name]:,.0f}' for name in ('join', 'poll', 'hold')),
            *(f'{result["acceptedP99Ms"][name]:,.1f}' for name in ('join', 'poll', 'hold')), f'{share:.1%}', f'{result["serverCpu"]:.0%}',
            f'{result["serverMemoryMb"]:,.0f}', f'{result["after"]["pollP50Ms"]:.2f}', f'{result["generatorBusy"]:.0%}']


def verdict(results):
    """What R-A4 asks for, and whether it holds."""
    peak = results[0]['goodput']
    lines = []
    for result in results[2:]:
        floor = {2: 0.6, 4: 0.3}.get(result.get('factor'), 0.9 if 'factor' not in result else None)
        share, slowest = result['goodput'] / peak, max(result['acceptedP99Ms'].values())
        good = (floor is None or share >= floor) and slowest <= 250
        lines.append(f'{result["rush"]}: {share:.2f} × the peak' + (f' (at least {floor})' if floor else '')
                     + f', accepted p99 {slowest:,.0f} ms (at most 250): {"holds" if good else "MISSED"}')
    return lines


def main(words):
    options = arguments(words)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    try:
        results = list(run(options, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    options.into.mkdir(parents=True, exist_ok=True)
    file = options.into / 'overload.json'
    machine = {'cores': os.cpu_count(), 'kernel': platform.release(), 'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}
    file.write_text(json.dumps({'machine': machine, 'seconds': options.seconds, 'results': results}, indent=1, ensure_ascii=False) + '\n')
    print('\n'.join('| ' + ' | '.join(line) + ' |' for line in [HEAD, ['---'] * len(HEAD), *map(row, results)]))
    print()
    print('\n'.join(verdict(results)))
    import overload_plot  # only here is matplotlib needed
    overload_plot.draw(results, options.seconds, file)
