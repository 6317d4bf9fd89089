"""What seats, people who wait, listeners, instances and history cost (R-L5): memory, disk, CPU and connections beside the response times.

Each cost is measured at several sizes; a line through most of them predicts the others, and the page shows by how much it is wrong. Large
stores are filled by SQL and audited once. The server has core 0, the load generator core 1; instances and PostgreSQL share core 0."""
import concurrent.futures
import contextlib
import json
import math
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

import report
import rows
import servers
from report import say
from rows import EVENT_READ, EVENT_SELL, EVENT_WAIT
from servers import Listeners, PostgresServer, Stagedoor, expect_only, load, start_load, finish_load

DATES = 4  # of the series of seats
FANS = 500
HOLDS, POLLS, JOINS = 300, 1000, 300  # a second
# Sizes that the line goes through, and sizes that it has to predict.
SERIES = {'seats': ([50, 5_000, 20_000, 100_000], [10_000, 50_000]),
          'waiting': ([1, 100_000, 500_000, 2_000_000], [250_000, 1_000_000]),
          'listeners': ([1, 1_000, 8_000, 15_000], [4_000, 12_000]),
          'instances': ([1, 2, 3], [4, 5]),
          'history': ([0, 1_000_000, 4_000_000, 10_000_000], [2_000_000, 7_000_000])}
QUICK = {'seats': ([50, 1_000], []), 'waiting': ([1, 20_000], [10_000]), 'listeners': ([1, 100], []), 'instances': ([1], []),
         'history': ([0, 20_000], [10_000])}
WHAT = {'seats': f'seats of a date ({DATES} dates)', 'waiting': 'people waiting', 'listeners': 'open event streams', 'instances': 'instances over PostgreSQL',
        'history': 'past reservations'}
UNITS = {'seats': (1000 / DATES, '1,000 seats, all dates together'), 'waiting': (100_000, '100,000 people'), 'listeners': (1000, '1,000 streams'), 'instances': (1, 'instance'),
         'history': (1_000_000, 'a million reservations')}


def catalogue(seats):
    """rows.catalogue with dates of so many seats."""
    return rows.catalogue(DATES).replace('rows: 500, seats_per_row: 200', f'rows: {max(1, seats // 50)}, seats_per_row: {min(50, seats)}')


class Users:
    """Who joined: a file for bench_load (user, tab, token), and the tokens."""

    def __init__(self, server, folder, event, count, enter=False):
        answers, self.values, self.tokens_file = folder / 'answers', folder / f'users-{event}', folder / f'tokens-{event}'
        expect_only(load(server.port, connections=64, requests=count, method='POST', target='/queue', first=event * 10_000_000,
                         body=f'{{"userId":"{{uuid}}","eventId":{event}}}', answers=answers), '201')
        self.people = [json.loads(line)['data'] for line in answers.open()]
        answers.unlink()
        self.values.write_text(''.join(f"{one['userId']}\t{one['token']}\n" for one in self.people))
        self.tokens_file.write_text(''.join(one['token'].split(' ')[1] + '\n' for one in self.people))
        while enter and server.ask('GET', '/queue', self.people[-1]['token'])['status'] != 'ACTIVATED':
            time.sleep(0.1)

    @property
    def token(self):
        return self.people[-1]['token']


def wait_until_shown(check, seconds=60):
    give_up = time.monotonic() + seconds
    while not check():
        if time.monotonic() > give_up:
            raise RuntimeError('what was waited for did not come')
        time.sleep(0.05)


def file_descriptors(server):
    return len(os.listdir(f'/proc/{server.process.pid}/fd'))


def disk_mb(folder):
    return sum(file.stat().st_size for file in folder.glob('stagedoor.db*')) / 2**20


def settle(server):
    """Resident memory when it no longer changes."""
    before, now = 0, server.memory_mb()
    for _ in range(20):
        if abs(now - before) < 0.1:
            break
        time.sleep(0.25)
        before, now = now, server.memory_mb()
    return now


def under_load(server, what, seconds, statuses=('200', '201'), **work):
    """Response times in ms, and the server's CPU a request, of a load in open loop."""
    cpu = server.cpu_seconds()
    told = load(server.port, seconds=seconds, connections=64, **work)
    refused = sum(count for name, count in told['answers'].items() if name.startswith('503'))  # a machine with other work may be too busy
    expect_only(told, *statuses, '503 OVERLOADED')
    return {f'{what}Refused': refused, f'{what}P50Ms': told['latencyUs']['p50'] / 1000, f'{what}P99Ms': told['latencyUs']['p99'] / 1000,
            f'{what}CpuUs': (server.cpu_seconds() - cpu) / max(1, told['sent']) * 1e6, 'generatorBusy': told['busy'], 'connections': file_descriptors(server)}


def holds(server, users, first_seat, seats, seconds, first=0):
    return under_load(server, 'hold', seconds, ('200', '201', '404 SEAT_NOT_FOUND', '409 SEAT_OCCUPIED'), method='POST', target='/events/seats', rate=HOLDS,
                      headers=['Authorization: {2}'], body='{"seatId":{s},"userId":"{1}"}', values=users.values, scatter_first=first_seat,
                      scatter_count=seats, first=first)


def polls(server, users, seconds):
    return under_load(server, 'poll', seconds, target='/queue', headers=['Authorization: {2}'], values=users.values, rate=POLLS)


def first_seat_of(server, date, token):
    return min(seat['id'] for seat in server.ask('GET', f'/events/properties/{date}/seats', token)['seat'])


def start_timed(folder, **options):
    begin = time.monotonic()
    server = Stagedoor(folder, **options)
    return server, time.monotonic() - begin


def measure_seats(folder, seats, options):
    (folder / 'bench.yaml').write_text(catalogue(seats))
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        users = Users(server, folder, EVENT_SELL, FANS, enter=True)
        first = first_seat_of(server, EVENT_SELL * 1000, users.token)
    server, started = start_timed(folder)
    with server:
        point = {'startSeconds': started, 'memoryMb': settle(server), 'diskMb': disk_mb(folder)}
        point |= under_load(server, 'map', options.seconds, target=f'/events/properties/{EVENT_SELL * 1000}/seats', headers=['Authorization: {2}'],
                            values=users.values, rate=10)
        point |= holds(server, users, first, DATES * seats, options.seconds)
    return point


def fill_line(folder, people):
    """So many people in the line of EVENT_WAIT, by SQL."""
    with contextlib.closing(sqlite3.connect(folder / 'stagedoor.db')) as database:
        now = database.execute("select value from meta where name = 'latest_moment'").fetchone()[0]
        there = database.execute('select count(*) from line_places where event_id = ?', (EVENT_WAIT,)).fetchone()[0]
        database.execute('''insert into line_places (event_id, place, user_id, joined_at)
          with recursive n(i) as (select 1 union all select i + 1 from n where i < ?2 - ?1)
          select ?3, ?1 + i, randomblob(16), ?4 from n where ?2 > ?1''', (there, people, EVENT_WAIT, now))
        database.commit()
        database.execute('pragma wal_checkpoint(truncate)')


class Waiting:
    """One store whose line grows."""

    def __init__(self, folder, _):
        self.folder = folder
        (folder / 'bench.yaml').write_text(rows.catalogue(1))
        with Stagedoor(folder, folder / 'bench.yaml') as server:
            self.users = Users(server, folder, EVENT_WAIT, FANS)

    def measure(self, people, options):
        fill_line(self.folder, people)
        server, started = start_timed(self.folder)
        with server:
            point = {'startSeconds': started, 'memoryMb': settle(server), 'diskMb': disk_mb(self.folder)}
            point |= polls(server, self.users, options.seconds)
            point |= under_load(server, 'join', options.seconds, method='POST', target='/queue', rate=JOINS, first=time.time_ns() // 1000,
                                body=f'{{"userId":"{{uuid}}","eventId":{EVENT_WAIT}}}')
        return point


def measure_listeners(folder, streams, options):
    (folder / 'bench.yaml').write_text(rows.catalogue(1))
    changes = 10 if options.seconds > 1 else 2
    with Stagedoor(folder, folder / 'bench.yaml', ['http.max_streams=19000', 'http.max_connections=19500', 'limits.connections=0']) as server:
        users, date = Users(server, folder, EVENT_READ, max(streams, 10), enter=True), EVENT_READ * 1000
        seats = [seat['id'] for seat in server.ask('GET', f'/events/properties/{date}/seats', users.token)['seat']][:changes]
        settle(server)
        with Listeners(server.port, folder, streams=streams, target=f'/events/properties/{date}/seats/stream?token={{}}', tokens=users.tokens_file,
                       event='event: seats', changes=[f'{{"seatId":{seat},"userId":"{users.people[-1]["userId"]}"}}' for seat in seats],
                       change={'target': '/events/seats', 'token': users.token, 'every': 500}) as listeners:
            idle, begin = server.cpu_seconds(), time.monotonic()
            time.sleep(options.seconds)
            idle = (server.cpu_seconds() - idle) / (time.monotonic() - begin)
            cpu, connections = server.cpu_seconds(), file_descriptors(server)
            heard = listeners.changes()
            return {'memoryMb': server.memory_mb(), 'connections': connections, 'heardP50Ms': statistics.median(change['p50'] for change in heard),
                    'heardLastMs': max(change['last'] for change in heard), 'idleCpu': idle, 'changeCpuUs': (server.cpu_seconds() - cpu) / changes * 1e6,
                    'generatorBusy': 0}


def measure_instances(folder, instances, options):
    """The same joins and polls, spread over so many instances on one core with PostgreSQL."""
    (folder / 'bench.yaml').write_text(rows.catalogue(1))
    (folder / 'postgres').mkdir()
    with contextlib.ExitStack() as started:
        postgres = started.enter_context(PostgresServer(folder / 'postgres', ['shared_buffers=128MB']))
        os.sched_setaffinity(postgres.process.pid, {0})
        settings = [f'store.url={postgres.url()}', 'auth.keys=' + 'k' * 32]
        cluster = []
        for number in range(instances):
            (folder / str(number)).mkdir()
            cluster.append(started.enter_context(Stagedoor(folder / str(number), None if number else folder / 'bench.yaml', settings)))
        users = Users(cluster[0], folder, EVENT_WAIT, FANS)
        for server in cluster:
            server.ask('GET', '/queue', users.token)
        cpu = sum(server.cpu_seconds() for server in cluster)

        def run(server):
            asks = start_load(server.port, connections=16, seconds=options.seconds, rate=POLLS / instances, target='/queue', headers=['Authorization: {2}'],
                              values=users.values)
            joins = load(server.port, connections=16, seconds=options.seconds, rate=JOINS / instances, method='POST', target='/queue',
                         first=time.time_ns() // 1000 + server.port * 10**9, body=f'{{"userId":"{{uuid}}","eventId":{EVENT_WAIT}}}')
            return expect_only(joins, '201'), expect_only(finish_load(asks), '200')
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(instances) as pool:
            told = list(pool.map(run, cluster))
        took = time.monotonic() - begin
        clients = postgres.psql('-tA', '-c', "select count(*) - 1 from pg_stat_activity where backend_type = 'client backend'").stdout
        return {'memoryMb': sum(settle(server) for server in cluster), 'connections': sum(file_descriptors(server) for server in cluster),
                'databaseConnections': int(clients), 'cpuShare': (sum(server.cpu_seconds() for server in cluster) - cpu) / took,
                'joinP50Ms': statistics.median(joins['latencyUs']['p50'] for joins, _ in told) / 1000,
                'joinP99Ms': max(joins['latencyUs']['p99'] for joins, _ in told) / 1000,
                'pollP99Ms': max(asks['latencyUs']['p99'] for _, asks in told) / 1000,
                'generatorBusy': min(1, sum(one['busy'] for pair in told for one in pair))}


class History:
    """One store whose past grows: reservations that their owners gave up, of fans who have been inside."""

    def __init__(self, folder, _):
        self.folder, self.next = folder, 0
        (folder / 'bench.yaml').write_text(catalogue(20_000))
        with Stagedoor(folder, folder / 'bench.yaml') as server:
            self.users = Users(server, folder, EVENT_SELL, FANS, enter=True)
            self.first = first_seat_of(server, EVENT_SELL * 1000, self.users.token)

    def fill(self, count):
        with contextlib.closing(sqlite3.connect(self.folder / 'stagedoor.db')) as database:
            value = lambda name: database.execute('select value from meta where name = ?', (name,)).fetchone()[0]
            there = database.execute('select count(*) from reservations where status = 3').fetchone()[0]
            first, now, more = value('ids_reserved_to'), value('latest_moment'), max(0, count - there)
            database.execute('create temp table fan as select row_number() over (order by place) - 1 as n, place, user_id from visits where event_id = ?',
                             (EVENT_SELL,))
            database.execute('create index temp.fan_n on fan (n)')
            fans = database.execute('select count(*) from fan').fetchone()[0]
            date = EVENT_SELL * 1000
            seat, seats = database.execute('select first_seat, seat_count from dates where id = ?', (date,)).fetchone()
            if more:
                database.execute('''insert into reservations (id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at,
                    created_at, updated_at, version)
                  with recursive n(i) as (select 0 union all select i + 1 from n where i < ?1 - 1)
                  select ?2 + i, ?3 + i % ?4, ?5, ?6, fan.user_id, fan.place, 3, 2, 50000, ?7 + 300000, ?7, ?7, 2
                  from n cross join fan on fan.n = (i * 7919) % ?8''', (more, first, seat, seats, date, EVENT_SELL, now - 1, fans))
                database.execute("update meta set value = ? where name = 'ids_reserved_to'", (first + more,))
                database.execute("update meta set value = ? where name = 'outbox_forgotten_until'", (now,))
            database.commit()
            database.execute('pragma wal_checkpoint(truncate)')

    def measure(self, count, options):
        self.fill(count)
        server, started = start_timed(self.folder)
        with server:
            point = {'startSeconds': started, 'memoryMb': settle(server), 'diskMb': disk_mb(self.folder)}
            point |= under_load(server, 'list', options.seconds, target='/users/{1}/reservations', headers=['Authorization: {2}'], values=self.users.values,
                                rate=HOLDS)
            point |= holds(server, self.users, self.first, DATES * 20_000, options.seconds, self.next)
            self.next += 10_000  # other seats the next time
        return point


MEASURES = {'seats': measure_seats, 'waiting': Waiting, 'listeners': measure_listeners, 'instances': measure_instances, 'history': History}


def audit(folder, name):
    done = subprocess.run([servers.STAGEDOOR, 'audit', '--store.url=sqlite:stagedoor.db'], cwd=folder, capture_output=True, text=True)
    say(f'  audit of {name}: {done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-300:]}')
    if done.returncode:
        raise RuntimeError(f'the audit of {name} failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}')


def measure(options, folder, results):
    for name in options.only or MEASURES:
        fit, check = (QUICK if options.quick else SERIES)[name]
        grows = isinstance(MEASURES[name], type)
        for number in range(1 if grows or options.quick else options.rounds):
            own = folder / f'{name}-{number}'
            own.mkdir()
            own.chmod(0o755)
            subject = MEASURES[name](own, options) if grows else None
            for size in sorted(fit + check):
                if grows:
                    found = subject.measure(size, options)
                else:
                    place = own / str(size)
                    place.mkdir()
                    found = MEASURES[name](place, size, options)
                    shutil.rmtree(place)
                point = results.add({'series': name, 'size': size, 'fitted': size in fit, **found})
                say(f'  {name} {size:,}: ' + ', '.join(f'{key} {value:,.2f}' for key, value in point.items() if isinstance(value, float)))
            if grows:
                audit(own, name)  # what SQL put there is what the product could have
            shutil.rmtree(own)


class Line:
    """The least squares line of a cost over the size, with the error of its slope (one standard error; NaN for two points)."""

    def __init__(self, points, key):
        fitted = [point for point in points if point['fitted']]
        xs, ys = [point['size'] for point in fitted], [point[key] for point in fitted]
        middle, mean = statistics.mean(xs), statistics.mean(ys)
        width = sum((x - middle) ** 2 for x in xs)
        self.slope = sum((x - middle) * (y - mean) for x, y in zip(xs, ys)) / width if width else 0
        self.base = mean - self.slope * middle
        rest = sum((y - self.at(x)) ** 2 for x, y in zip(xs, ys))
        self.error = math.sqrt(rest / (len(xs) - 2) / width) if len(xs) > 2 and width else math.nan

    def at(self, size):
        return self.base + self.slope * size


COSTS = {'memoryMb': ('memory', 'MB'), 'diskMb': ('disk', 'MB'), 'startSeconds': ('start', 's'), 'connections': ('open descriptors', ''),
         'databaseConnections': ('database connections', '')}
TIMES = {'mapP50Ms': 'seat map p50', 'holdP50Ms': 'hold p50', 'holdP99Ms': 'hold p99', 'pollP50Ms': 'poll p50', 'pollP99Ms': 'poll p99', 'joinP50Ms': 'join p50',
         'joinP99Ms': 'join p99', 'listP99Ms': 'list p99', 'heardP50Ms': 'half have heard', 'heardLastMs': 'all have heard', 'mapCpuUs': 'CPU a map, µs',
         'holdCpuUs': 'CPU a hold, µs', 'pollCpuUs': 'CPU a poll, µs', 'mapRefused': 'maps refused', 'holdRefused': 'holds refused', 'pollRefused': 'polls refused', 'joinRefused': 'joins refused',
         'listRefused': 'lists refused', 'joinCpuUs': 'CPU a join, µs', 'listCpuUs': 'CPU a list, µs', 'changeCpuUs': 'CPU a change, µs',
         'idleCpu': 'CPU while nothing happens', 'cpuShare': 'CPU of all'}
FITTED = {'seats': ('memoryMb', 'diskMb', 'startSeconds'), 'waiting': ('memoryMb', 'diskMb', 'startSeconds'), 'listeners': ('memoryMb',),
          'instances': ('memoryMb', 'databaseConnections'), 'history': ('memoryMb', 'diskMb')}


def of(points, series):
    return [point for point in points if point['series'] == series]


def number(value):
    if isinstance(value, int):
        return f'{value:,}'
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:,.1f}' if abs(value) >= 10 else f'{value:,.2f}' if abs(value) >= 0.1 else f'{value:.2g}'


def spread(values):
    middle, low, high = (number(value) for value in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f'{middle} ({low}–{high})'


def measured_table(points):
    keys = [key for key in (*COSTS, *TIMES) if key in points[0] and not (key.endswith('Refused') and not any(point[key] for point in points))]
    names = [' '.join(COSTS[key]).strip() if key in COSTS else TIMES[key] + (' ms' if key.endswith('Ms') else '') for key in keys]
    lines = []
    for size in sorted({point['size'] for point in points}):
        own = [point for point in points if point['size'] == size]
        busy = max(point['generatorBusy'] for point in own)
        lines.append([f'{size:,}' + ('' if own[0]['fitted'] else ' *'), *(spread([point[key] for point in own]) for key in keys),
                      f'{busy:.0%}' + (' ○' if busy > report.BUSY else '')])
    return report.table([WHAT[points[0]['series']], *names, 'generator busy'], lines)


def sizing_table(points):
    lines = []
    for series in SERIES:
        own = of(points, series)
        for key in FITTED[series] if own else ():
            line, (step, what) = Line(own, key), UNITS[series]
            cost, unit = COSTS[key]
            lines.append([f'{cost} of {what}', f'{number(line.slope * step)} {unit}'.strip(), '–' if math.isnan(line.error) else number(line.error * step),
                          f'{number(line.base)} {unit}'.strip()])
    return report.table(['cost', 'each', '± (standard error)', 'with none of them'], lines)


def checks(points):
    """(series, cost, size, predicted, measured) of every point that was not used for fitting."""
    for series in SERIES:
        own = of(points, series)
        for key in FITTED[series] if own else ():
            line = Line(own, key)
            for size in sorted({point['size'] for point in own if not point['fitted']}):
                yield series, key, size, line.at(size), statistics.median(point[key] for point in own if point['size'] == size)


def checks_table(points):
    return report.table(['cost', 'at', 'predicted', 'measured', 'off by'],
                        [[f'{COSTS[key][0]}, {series}', f'{size:,}', f'{number(predicted)} {COSTS[key][1]}', f'{number(found)} {COSTS[key][1]}',
                          f'{(predicted - found) / found:+.0%}' if found else '–'] for series, key, size, predicted, found in checks(points)])


def name_axes(panels, present):
    """Of the panels of these series; the others stay empty."""
    for panel, series in zip(panels.flat, present):
        panel.set_xlabel(WHAT[series])
        panel.xaxis.set_major_formatter(lambda x, _: f'{x / 1e6:g} M' if x >= 1e6 else f'{x / 1e3:g} k' if x >= 1e3 else f'{x:g}')
    for panel in panels.flat[len(present):]:
        panel.set_axis_off()


def draw(points):
    def draw_panels(pyplot, theme):
        present = [series for series in SERIES if of(points, series)]
        figure, panels = pyplot.subplots(2, 3, figsize=(11, 6.2))
        for panel, series, colour in zip(panels.flat, present, report.COLOURS):
            own = of(points, series)
            line = Line(own, 'memoryMb')
            ends = [0, max(point['size'] for point in own)]
            panel.plot(ends, [line.at(x) for x in ends], color=report.GREY, linewidth=1, label='line')
            for fitted, mark in ((True, 'o'), (False, 'D')):
                some = [point for point in own if point['fitted'] == fitted]
                for point in some:
                    panel.plot([point['size']], [point['memoryMb']], mark, color=colour, markerfacecolor=report.face(colour, theme, point['generatorBusy']),
                               label=('fitted' if fitted else 'predicted by it') if point is some[0] else None)
            panel.set_ylabel('memory, MB')
            panel.set_ylim(bottom=0)
            panel.legend()
        name_axes(panels, present)
        return figure
    return draw_panels


def draw_times(points):
    keys = {'seats': ('mapP50Ms', 'holdP99Ms'), 'waiting': ('pollP99Ms', 'joinP99Ms'), 'listeners': ('heardP50Ms', 'heardLastMs'),
            'instances': ('joinP50Ms', 'joinP99Ms'), 'history': ('listP99Ms', 'holdP99Ms')}

    def draw_panels(pyplot, theme):
        present = [series for series in SERIES if of(points, series)]
        figure, panels = pyplot.subplots(2, 3, figsize=(11, 6.2))
        for panel, series in zip(panels.flat, present):
            own = of(points, series)
            sizes = sorted({point['size'] for point in own})
            for key, colour in zip(keys[series], report.COLOURS):
                panel.plot(sizes, [statistics.median(point[key] for point in own if point['size'] == size) for size in sizes], '-', color=colour, label=TIMES[key])
                for point in own:
                    panel.plot([point['size']], [point[key]], 'o', color=colour, markerfacecolor=report.face(colour, theme, point['generatorBusy']))
            panel.set_ylabel('ms')
            panel.set_yscale('log')
            panel.legend()
        name_axes(panels, present)
        return figure
    return draw_panels


def main(words):
    parser = report.parser('capacity', __doc__)
    parser.add_argument('--seconds', type=float, default=10, help='of load at each point (10)')
    parser.add_argument('--rounds', type=int, default=3, help='of every series but those whose store grows from point to point (3)')
    parser.add_argument('--only', nargs='+', choices=MEASURES, help='these series; the others are kept as the last run left them')
    options = parser.parse_args(words)
    if options.quick:
        options.seconds = 0.3
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    results = report.Results('capacity', options, report.machine(Stagedoor=report.version(servers.STAGEDOOR, 'version'),
                                                                 SQLite=sqlite3.sqlite_version, PostgreSQL=report.version('psql', '--version'),
                                                                 **{'load average before the start': f'{os.getloadavg()[0]:.1f}'}))
    if options.only and results.file.exists():  # what the last run left of the others
        results.points = [point for point in json.loads(results.file.read_text())['points'] if point['series'] not in options.only]
    try:
        measure(options, folder, results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    points = sorted(results.points, key=lambda point: list(SERIES).index(point['series']))
    sections = {'sizing': sizing_table(points), 'checks': checks_table(points),
                'plot': report.picture('capacity', 'Memory over the size of each series, with the fitted line'),
                'times plot': report.picture('capacity-times', 'Response times over the size of each series'),
                **{series: measured_table(of(points, series)) for series in SERIES if of(points, series)}}
    results.finish(sections, {} if options.quick else {'capacity': draw(points), 'capacity-times': draw_times(points)})
