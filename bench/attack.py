"""R15: honest fans at 30 % of the peak, alone and beside attackers of six sorts from 100 addresses and slow connections. Attackers send as fast as
they are answered, and ignore Retry-After. The honest fans, who are many behind one address here, are exempt; the attackers' addresses are not.
Server and generators share two cores, so what the generators of the attack take from the honest ones counts against the server, too."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import socket
import tempfile
import time

import mixed_load
from servers import ROOT, finish_load, say, start_load

SOURCES = 100
# The attackers come from 127.1.0.0/16.
SETTINGS = ['limits.exempt=127.0.0.0/16']


def arguments(words):
    parser = argparse.ArgumentParser(prog='./x study attack', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=float, default=30, help='measured for each (30)')
    parser.add_argument('--slow', type=int, default=2000, help='slow connections (2000; R15 asks for 10,000)')
    parser.add_argument('--folder', type=pathlib.Path, default=pathlib.Path('/var/tmp'), help='stores go into a new folder in here, on a real disk (/var/tmp)')
    parser.add_argument('--into', type=pathlib.Path, default=ROOT / 'build/study', help='where attack.json is kept (build/study)')
    parser.add_argument('--quick', action='store_true', help='a smoke test, for moments')
    chosen = parser.parse_args(words)
    if chosen.quick:
        chosen.seconds, chosen.slow = 2, 100
    return chosen


def attacks(sale, seconds):
    """Six sorts of attackers, each from all addresses."""
    common = dict(**mixed_load.timing(seconds), sources=SOURCES, connections=SOURCES, niceness=19)
    map_of = '/events/properties/1000/seats'
    return {
        'random users': dict(**common, method='POST', target='/queue', first=5_000_000_000,
                             body=f'{{"userId":"{{uuid}}","eventId":{mixed_load.EVENT}}}'),
        'pollers': dict(**common, target='/queue', headers=['Authorization: {2}'], values=sale.fans),
        'odd keys': dict(**common, method='PUT', target='/users/{1}/balance/charge', values=sale.fans, body='{"amount":1}',
                         headers=['Authorization: {2}', 'Idempotency-Key: \xc3\xbf']),
        'full maps': dict(**common, target=map_of, headers=['Authorization: {2}', 'Accept-Encoding: gzip'], values=sale.fans),
        'guessers': dict(**common, target='/admin/live', headers=['Authorization: Bearer guess-{n}']),
        'streams': dict(**common, method='HEAD', target='/queue/stream', headers=['Authorization: {2}'], values=sale.fans)}


class SlowConnections:
    """Connections that have sent half a head, and stay."""

    def __init__(self, port, count):
        self.sockets = []
        for i in range(count):
            connection = socket.socket()
            connection.bind((f'127.1.{i % SOURCES}.7', 0))
            connection.connect(('127.0.0.1', port))
            connection.sendall(b'GET /queue HTTP/1.1\r\nHost: a\r\n')
            self.sockets.append(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self.sockets:
            connection.close()


def measure(sale, folder, name, honest, others=(), slow=0):
    with sale.copy(folder / name, SETTINGS) as server, SlowConnections(server.port, slow):
        running = {kind: start_load(server.port, **work) for kind, work in dict(others).items()}
        try:
            result = {'name': name, **mixed_load.summary(mixed_load.together(server.port, honest))}
            result['attackers'] = {kind: finish_load(process)['answers'] for kind, process in running.items()}
        finally:
            for process in running.values():
                if process.poll() is None:
                    process.kill()
                    process.wait()
        result['serverMemoryMb'] = server.memory_mb()
    shutil.rmtree(folder / name)
    say(f'  {name}: goodput {result["goodput"]:,.0f}/s, p99 {max(result["acceptedP99Ms"].values()):,.1f} ms')
    return result


def run(options, folder):
    sale = mixed_load.Sale(folder)
    peak = measure(sale, folder, 'peak', sale.closed_loop(options.seconds))
    honest = sale.open_loop(options.seconds, {name: 0.3 * rate for name, rate in peak['accepted'].items()}, 256)
    yield peak
    yield measure(sale, folder, 'honest fans alone', honest)
    attackers = attacks(sale, options.seconds)
    for kind, work in attackers.items():
        yield measure(sale, folder, f'beside {kind}', honest, {kind: work})
    yield measure(sale, folder, 'beside all and slow connections', honest, attackers, options.slow)


def main(words):
    options = arguments(words)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    try:
        results = list(run(options, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    options.into.mkdir(parents=True, exist_ok=True)
    machine = {'cores': os.cpu_count(), 'kernel': platform.release(), 'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}
    (options.into / 'attack.json').write_text(
        json.dumps({'machine': machine, 'seconds': options.seconds, 'slow': options.slow, 'results': results}, indent=1) + '\n')
    alone = results[1]
    print('| honest fans | goodput/s | × alone | p99 ms | × alone |')
    print('|---|---|---|---|---|')
    for result in results[1:]:
        p99, p99_alone = (max(one['acceptedP99Ms'].values()) for one in (result, alone))
        print(f'| {result["name"]} | {result["goodput"]:,.0f} | {result["goodput"] / alone["goodput"]:.2f} | {p99:,.1f} | '
              f'{p99 / max(p99_alone, 1e-9):.1f} |')
