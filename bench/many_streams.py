"""100,000 open event streams: how long until all of them have heard of a change, and what an open one takes.

A process may have so many file descriptors as `ulimit -Hn` says, often 20,000: so there are several servers, each with a store
and listeners of its own. All servers share core 0 and all listeners core 1; a change is made at every server at once."""
import argparse
import contextlib
import json
import pathlib
import resource
import shutil
import tempfile
import time

import rows
from rows import EVENT_READ
from servers import ROOT, Listeners, Stagedoor, expect_only, load, median, say

SPARE = 1000  # file descriptors of a process for all that is no stream


def arguments(words):
    parser = argparse.ArgumentParser(prog='./x study streams', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--streams', type=int, default=100_000, help='of all servers together (100,000)')
    parser.add_argument('--changes', type=int, default=10)
    parser.add_argument('--folder', type=pathlib.Path, default=pathlib.Path('/var/tmp'), help='stores go into a new folder in here, on a real disk (/var/tmp)')
    parser.add_argument('--into', type=pathlib.Path, default=ROOT / 'build/study', help='where streams.json is kept (build/study)')
    parser.add_argument('--quick', action='store_true', help='a smoke test: 400 streams over two servers')
    chosen = parser.parse_args(words)
    each = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE
    chosen.servers = -(-chosen.streams // each)
    if chosen.quick:
        chosen.streams, chosen.servers, chosen.changes = 400, 2, 3
    return chosen


class Station:
    """A server and who will listen to it."""

    def __init__(self, folder, streams, stack):
        self.folder, self.streams = folder, streams
        folder.mkdir()
        (folder / 'bench.yaml').write_text(rows.catalogue(1))
        self.server = stack.enter_context(Stagedoor(folder, folder / 'bench.yaml',
                                                    [f'http.max_streams={streams}', f'http.max_connections={streams + SPARE // 2}']))
        expect_only(load(self.server.port, connections=256, requests=streams, method='POST', target='/queue',
                         answers=folder / 'answers', body=f'{{"userId":"{{uuid}}","eventId":{EVENT_READ}}}'), '201')
        places = [json.loads(line)['data'] for line in (folder / 'answers').open()]
        (folder / 'users').write_text(''.join(place['token'].split(' ')[1] + '\n' for place in places))
        self.buyer = places[-1]
        while self.server.ask('GET', '/queue', self.buyer['token'])['status'] != 'ACTIVATED':
            time.sleep(0.1)
        self.before = self.server.memory_mb()

    def listen(self, changes):
        date, buyer = EVENT_READ * 1000, self.buyer
        seats = self.server.ask('GET', f'/events/properties/{date}/seats', buyer['token'])['seat'][:changes]
        return Listeners(self.server.port, self.folder, streams=self.streams, tokens=self.folder / 'users', event='event: seats',
                         target=f'/events/properties/{date}/seats/stream?token={{}}',
                         changes=[f'{{"seatId":{seat["id"]},"userId":"{buyer["userId"]}"}}' for seat in seats],
                         change={'target': '/events/seats', 'token': buyer['token'], 'every': 2000})

    def kilobytes_a_stream(self):
        return (self.server.memory_mb() - self.before) * 1024 / self.streams


def free_kb():
    fields = dict(line.split(':') for line in pathlib.Path('/proc/meminfo').read_text().splitlines())
    return int(fields['MemAvailable'].split()[0])


def measure(options, folder):
    with contextlib.ExitStack() as stack:
        share = -(-options.streams // options.servers)
        stations = [Station(folder / str(number), min(share, options.streams - number * share), stack) for number in range(options.servers)]
        say(f'  {options.servers} servers; opening {options.streams:,} streams …')
        free, begin = free_kb(), time.monotonic()
        listening = [station.listen(options.changes) for station in stations]
        for listeners in listening:
            stack.enter_context(listeners)
        opened = time.monotonic() - begin
        open_kb, whole_kb = [station.kilobytes_a_stream() for station in stations], (free - free_kb()) / options.streams
        say(f'  open after {opened:.0f} s; making {options.changes} changes …')
        for listeners in listening:  # all begin together
            listeners.ready.unlink()
        by_server = [listeners.changes() for listeners in listening]
        told_kb = [station.kilobytes_a_stream() for station in stations]
        return {'streams': options.streams, 'servers': options.servers, 'openedSeconds': opened,
                'allToldMs': [max(change['last'] for change in changes) for changes in zip(*by_server)],
                'halfToldMs': [median([change['p50'] for change in changes]) for changes in zip(*by_server)],
                'serverKbPerStream': max(open_kb), 'serverKbPerStreamAfterChanges': max(told_kb), 'machineKbPerStream': whole_kb,
                'changesOfEachServer': by_server}


def main(words):
    options = arguments(words)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    try:
        result = measure(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    options.into.mkdir(parents=True, exist_ok=True)
    (options.into / 'streams.json').write_text(json.dumps(result, indent=1) + '\n')
    told = result['allToldMs']
    print(f'''{result["streams"]:,} streams over {result["servers"]} servers, opened within {result["openedSeconds"]:.0f} s
all told of a change after (ms): {", ".join(f"{ms:.0f}" for ms in told)}; median {median(told):.0f}, slowest {max(told):.0f}
half of them told after: median {median(result["halfToldMs"]):.0f} ms
memory of a stream: {result["serverKbPerStream"]:.1f} KB of the server when open, {result["serverKbPerStreamAfterChanges"]:.1f} KB after the changes;
  {result["machineKbPerStream"]:.1f} KB of the machine, kernel and listener with it''')
