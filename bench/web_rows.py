"""The rows of ./x bench web: what the pages for fans cost a browser on this machine, against the goals of R-U10. web.mjs measures in Chromium;
the server and the browser share both cores."""
import json
import subprocess

from journey_rows import ARENA, BOTH_CORES
from rows import Result
from servers import ROOT, Stagedoor, median, say
from studies import report

PAGE = ROOT / 'docs/bench/web.md'
STADIUM = ', '.join(f'{{name: S{i}, rows: 25, seats_per_row: 40, category: {("Floor", "Lower", "Upper")[i // 34]}}}' for i in range(100))
PHONE, DESKTOP = {'width': 390, 'height': 844}, {'width': 1280, 'height': 800}
CATALOGUE = f'''layouts:
  arena: {{sections: [{ARENA}]}}
  stadium: {{sections: [{STADIUM}]}}
events:
  - id: 1
    name: Opening Night
    on_sale: &open {{from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
    queue: &quick {{admission: capacity, capacity: 100, active_ttl: 30m, poll_min: 0s}}
    policy: {{seats_per_user: 50}}
    dates: [{{id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: arena, prices: &prices {{Floor: 300000, Lower: 110000, Upper: 80000}}}}]
  - id: 2
    name: One at a Time
    on_sale: *open
    queue: {{admission: capacity, capacity: 1, active_ttl: 30m, poll_min: 0s}}
    dates: [{{id: 2, starts_at: 2096-02-01T19:00:00+09:00, layout: arena, prices: *prices}}]
  - id: 3
    name: The Largest
    on_sale: *open
    queue: *quick
    dates: [{{id: 3, starts_at: 2096-02-01T19:00:00+09:00, layout: stadium, prices: *prices}}]
'''
chromium = ''  # its version, once it has run


def measured(bench, part, **options):
    """What web.mjs says of one part, of a server of its own."""
    global chromium
    folder = bench.new_folder(part)
    (folder / 'bench.yaml').write_text(CATALOGUE)
    with Stagedoor(folder, folder / 'bench.yaml', cores=BOTH_CORES) as server:
        command = ['node', ROOT / 'bench/web.mjs', part, f'http://127.0.0.1:{server.port}', json.dumps(options)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    chromium = found['chromium']
    return found


def is_quick(bench):
    return bench.seconds < 1


def spread(values, unit):
    return f'{report.spread(values, "{:,.0f}")} {unit}'


def web_waiting(bench):
    """The waiting page, loaded with nothing cached by a processor that is four times slower."""
    found = measured(bench, 'waiting', loads=1 if is_quick(bench) else 9)
    paints = found['firstPaintMs']
    yield Result('waiting page: first paint, processor 4 × slower', spread(paints, 'ms'), '', median(paints), 500, False, 'ms', paints)
    kilobytes = found['bytes'] / 1024
    yield Result('waiting page: all that it loads, compressed', f'{kilobytes:.1f} KB', '', kilobytes, 60, False, 'KB')


def web_map(bench):
    """Seat maps: from the click to the first frame with seats, and frames a second while they are moved."""
    for seats, event, least in ((15_000, 1, 50), (100_000, 3, 20)):
        for viewport in (PHONE, DESKTOP):
            found = measured(bench, 'map', eventId=event, viewport=viewport, seconds=max(1, bench.seconds), loads=1 if is_quick(bench) else 5)
            what = f'map of {seats:,} seats, {viewport["width"]:,} × {viewport["height"]}'
            paints, frames = found['firstPaintMs'], found['framesPerSecond']
            say(f'  {what}: first paint {spread(paints, "ms")}; frames/s {", ".join(f"{rate:.0f}" for rate in frames)}')
            if event == 1:
                yield Result(f'{what}: first paint', spread(paints, 'ms'), '', median(paints), 1000, False, 'ms', paints)
            yield Result(f'{what}: panning', f'{frames[0]:.0f}/s; near, {frames[1]:.0f}/s', '', min(frames), least, True, 'frames/s', frames)


def web_change(bench):
    """Until another fan's hold is seen on the page, from its sending."""
    seen = measured(bench, 'change')['seenMs']
    yield Result('hold of another fan: seen after, the slowest of 20', spread(seen, 'ms'), '', max(seen), 500, False, 'ms', seen)


def web_memory(bench):
    """What the waiting page keeps of an hour, which passes in seconds."""
    minutes = 3 if is_quick(bench) else 60
    found = measured(bench, 'memory', minutes=minutes)
    more = found['more']
    ours = f'{found["before"]["kilobytes"]:,.0f} KB before, {more["nodes"]:+.0f} nodes, {more["listeners"]:+.0f} listeners'
    yield Result(f'waiting page: more memory after {minutes} minutes', ours, '', more['kilobytes'], 200, False, 'KB', [found])


ROWS = {row.__name__: row for row in (web_waiting, web_map, web_change, web_memory)}


def publish(results):
    """Writes the figures of docs/bench/web.md."""
    lines = []
    for result in results:
        number = (lambda value: f'{value:,.0f} {result.unit}')
        lines.append([result.work, number(result.measured), result.ours, ('≥ ' if result.higher_is_better else '≤ ') + number(result.floor),
                      'yes' if result.passed else '**no**'])
    table = report.table(['what', 'measured', 'in detail', 'goal', 'reached'], lines)
    report.publish(PAGE, {'machine': report.machine_line(report.machine(Chromium=chromium)), 'figures': table})
