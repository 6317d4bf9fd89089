"""The rows of ./x bench journey arena: whole journeys of fans, by `stagedoor crowd`: join, poll until in, dates, layout, availability, the
best seats, charge, pay, read the balance."""
import json
import subprocess

import servers
from rows import Result
from servers import LOAD_CORE, Stagedoor, median, pinned, say

BOTH_CORES = '0,1'
CONNECTIONS = 1024
HALL = '''[{name: A, rows: 20, seats_per_row: 25, category: VIP}, {name: B, rows: 25, seats_per_row: 40, category: Regular},
                {name: C, rows: 25, seats_per_row: 40, category: Balcony}]'''
ARENA = ', '.join([f'{{name: F{i}, rows: 20, seats_per_row: 50, category: Floor}}' for i in range(1, 4)]
                  + [f'{{name: "{100 * level + i}", rows: 25, seats_per_row: 40, category: {name}}}'
                     for level, name in ((1, 'Lower'), (2, 'Upper')) for i in range(1, 7)])
HALL_SEATS, ARENA_SEATS, ARENA_FANS = 2500, 15_000, 17_000
POLLS_P99_MS = 10
DONE_WITHIN = 1  # s, after the last fan has come


def catalogue(sections, prices, queue, dates):
    listed = '\n'.join(f'      - {{id: {i + 1}, starts_at: 2096-02-{1 + i % 28:02}T{i // 28:02}:00:00Z, layout: hall, prices: {prices}}}'
                       for i in range(dates))
    return f'''layouts:
  hall: {{sections: {sections}}}
events:
  - id: 1
    name: Opening Night
    performer: The Understudies
    venue: Bench Hall
    on_sale: {{from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
    queue: {{{queue}, active_ttl: 5m}}
    policy: {{seats_per_user: 4, hold_ttl: 5m}}
    dates:
{listed}
'''


def crowd(port, cores, fans, rate):
    """The report of a crowd that breaks no rule."""
    command = [servers.STAGEDOOR, 'crowd', '--url', f'http://127.0.0.1:{port}', '--event', 1, '--fans', fans, '--rate', rate, '--abandon', 0,
               '--connections', CONNECTIONS, '--seed', 1, '--json']
    done = subprocess.run(pinned(cores, command), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return json.loads(done.stdout)


def journeys(bench, per_second):
    """What became of fans who come at this rate to a new store: whether all had paid within a second after the last one came, and how
    long polls took meanwhile."""
    fans = max(20, round(per_second * bench.seconds))
    folder = bench.new_folder('journey')
    (folder / 'bench.yaml').write_text(catalogue(HALL, '{VIP: 300000, Regular: 110000, Balcony: 80000}',
                                                 'admission: capacity, capacity: 100000, poll_min: 100ms', 2 + 2 * fans // HALL_SEATS))
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        report = crowd(server.port, LOAD_CORE, fans, per_second)
    polls = report['calls']['poll']['latencyMs']['p99']
    in_time = report['seconds'] - fans / per_second <= DONE_WITHIN
    keeps_up = report['fans']['paid'] == fans and in_time and polls <= POLLS_P99_MS
    reached = per_second if in_time else report['fans']['paid'] / report['seconds']
    run = {'offered': per_second, 'reached': reached, 'pollsP99Ms': polls, 'holdsP99Ms': report['calls']['hold']['latencyMs']['p99'],
           'generatorBusy': report['busy'], 'errors': report['errors'], 'keepsUp': keeps_up}
    say(f'  {per_second:,.0f} fans/s: {reached:,.0f} journeys/s, polls p99 {polls:.1f} ms, holds p99 {run["holdsP99Ms"]:.1f} ms, '
        f'generator busy {report["busy"]:.0%}{"" if keeps_up else ", too many"}')
    return run


def journey(bench):
    """Whole journeys, fans at a rate (open model), to the highest rate that is kept up with while the polls' p99 stays within 10 ms."""
    runs, low, high = [], 0, 250 if bench.rounds == 1 else 500
    while True:
        runs.append(journeys(bench, high))
        if not runs[-1]['keepsUp'] or high >= 16_000:
            break
        low, high = high, 2 * high
        if bench.rounds == 1 and len(runs) == 2:  # a smoke test
            break
    for _ in range(0 if bench.rounds == 1 else 3):
        middle = (low + high) / 2
        runs.append(journeys(bench, middle))
        low, high = (middle, high) if runs[-1]['keepsUp'] else (low, middle)
    kept = [run for run in runs if run['keepsUp']] or [runs[0]]
    knee = max(kept, key=lambda run: run['reached'])
    yield Result('whole journeys', f'{knee["reached"]:,.0f}/s', f'generator busy {knee["generatorBusy"]:.0%}', knee['reached'], 5000, True, '/s',
                 runs)
    yield Result('polls during them, p99', f'{knee["pollsP99Ms"]:.1f} ms', f'holds {knee["holdsP99Ms"]:.1f} ms', knee['pollsP99Ms'], POLLS_P99_MS,
                 False, 'ms')


def arena(bench):
    """17,000 fans at once for 15,000 seats, nobody waits in line, crowd and server on both cores: until everybody has left."""
    runs = []
    fans, seats = (1_700, 1_500) if bench.rounds == 1 else (ARENA_FANS, ARENA_SEATS)
    for number in range(bench.rounds):
        folder = bench.new_folder('arena')
        sections = ARENA if bench.rounds > 1 else '{name: F, rows: 30, seats_per_row: 50, category: Floor}'
        prices = '{Floor: 220000, Lower: 176000, Upper: 132000}' if bench.rounds > 1 else '{Floor: 220000}'
        (folder / 'bench.yaml').write_text(catalogue(f'[{sections}]', prices, 'admission: capacity, capacity: 100000', 1))
        with Stagedoor(folder, folder / 'bench.yaml', cores=BOTH_CORES) as server:
            report = crowd(server.port, BOTH_CORES, fans, 0)
        if report['fans']['paid'] != seats or report['seats']['left'] != 0:
            raise RuntimeError(f'{report["fans"]} of {seats} seats')
        runs.append({'seconds': report['seconds'], 'refusals': report['refusals'], 'overloaded': report['overloaded'],
                     'calls': {name: call['answers'] for name, call in report['calls'].items()}})
        say(f'  round {number + 1}/{bench.rounds}: {report["seconds"]:.1f} s, {report["refusals"]:,} refusals, '
            f'{report["overloaded"]:,} of them overload; holds: {report["calls"]["hold"]["answers"]}')
    took = median([run['seconds'] for run in runs])
    yield Result(f'{fans:,} fans at once for {seats:,} seats', f'{took:.1f} s', f'the slowest {max(run["seconds"] for run in runs):.1f} s', took, 6,
                 False, 's', runs)


ROWS = {'journey': journey, 'arena': arena}
