"""Where a cache pays, and what it serves that is no longer so (R-L2): a list of 1,000 events and one of 200 dates, read in eight ways.

Everything behind the port shares core 0: the program that answers, PostgreSQL, Redis, nginx. The load generator has core 1; it sends in
open loop, and times count from the moment a request was due. Seven ways are one program (bench_caches) on the product's HTTP library
over the same tables in PostgreSQL; the eighth is the product."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import report
import servers
from report import say
from servers import OPERATOR_KEY, PostgresServer, Process, Stagedoor, finish_load, free_port, load, pinned, request_bytes, start_load

sys.path.insert(0, str(servers.ROOT / 'tests/lines'))
from redis_server import RedisServer

PROGRAM = servers.BUILD / 'bench/bench_caches'
SIZES = (1000, 200)  # events, and dates of the first
RATES = {'events': 3000, 'dates': 4000}  # offered a second
TTL_MS = 1000
CHANGES = 20  # a second, all of event 1
BACKGROUND = 200  # reads a second beside those that look for stale answers
QUERY_EXTRA_MS = 50  # of the stampede: a query that takes so much longer, as one over more rows would
STAMPEDE_RATE = 200
# Name, and what the page says of it.
WAYS = {'none': 'no cache: a SELECT and its JSON for every request',
        'coalesced': 'no cache, but who asks while a query runs waits for its answer', 'look-aside': f'look-aside: the JSON in Redis, TTL {TTL_MS} ms, a write deletes the key',
        'read-through': f'read-through: the rows in process, TTL {TTL_MS} ms', 'write-through': 'write-through: the rows in process, a write changes them',
        'rendered': 'rendered bytes in process, made again after a write', 'proxy': f'nginx proxy_cache, TTL {TTL_MS} ms, before no cache',
        'product': 'Stagedoor: rendered bytes of its view'}
PARTS = ['speed', 'staleness', 'stampede']
REFERENCE = ('none', 'product')  # measured longer
# The requirements' reference figures (R-L2): answers a second without and with a cache, on another machine.
SEEDS = {'events': (1316, 1760), 'dates': (1890, 3028)}


def schema(events, dates):
    return f'''
create table events (id bigint primary key, version bigint not null, name text not null, performer text not null, venue text not null,
  time_zone text not null, sale_from bigint not null, sale_until bigint not null, status text not null, seats_left bigint not null,
  seats bigint not null, held bigint not null, created_at bigint not null, updated_at bigint not null);
insert into events select n, 0, 'Event ' || n || ' v0', 'The Understudies', 'Bench Hall', 'Asia/Seoul', 1577836800000, 3976214400000, 'ON_SALE',
  50, 50, 0, 1577836800000, 1577836800000 from generate_series(1, {events}) n;
create table dates (id bigint primary key, event_id bigint not null references events, starts_at bigint not null, booking_from bigint not null,
  booking_until bigint not null, seats_left bigint not null, seats bigint not null, category text not null, price bigint not null,
  created_at bigint not null, updated_at bigint not null);
insert into dates select n, 1 + (n - 1) / {dates}, 3978892800000 + n * 3600000::bigint, 1577836800000, 3976214400000, 50, 50, 'Standard', 110000,
  1577836800000, 1577836800000 from generate_series(1, {events * dates}) n;
create index on dates (event_id);
analyze;'''


def catalogue(events, dates):
    """The same lists for the product."""
    window = 'from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z'
    door = 'admission: interval, people: 1000000, every: 1s, active_ttl: 12h, visit_max: 12h, presence_timeout: 12h, poll_min: 0s'

    def date(event, n):
        layout = 'club' if event == 1 else 'one'
        return (f'      - {{id: {event * 1000 + n}, starts_at: 2096-{2 + n // 28:02}-{1 + n % 28:02}T00:00:00Z, layout: {layout}, '
                f'prices: {{Standard: 110000}}}}\n')

    def event(n):
        return (f'  - id: {n}\n    name: Event {n} v0\n    performer: The Understudies\n    venue: Bench Hall\n    on_sale: {{{window}}}\n'
                f'    queue: {{{door}}}\n    dates:\n' + ''.join(date(n, i) for i in range(dates if n == 1 else 1)))
    return 'layouts:\n  club: {seats: 50, category: Standard}\n  one: {seats: 1, category: Standard}\nevents:\n' + ''.join(event(n + 1) for n in range(events))


class Postgres(PostgresServer):
    def __init__(self, folder, sizes):
        folder.mkdir()
        super().__init__(folder, ['shared_buffers=256MB', 'max_connections=300'])
        os.sched_setaffinity(self.process.pid, {int(servers.SERVER_CORE)})  # what it starts inherits that
        self.psql('-c', schema(*sizes))


class CacheServer(Process):
    """bench_caches."""

    def __init__(self, folder, postgres, redis, strategy, *options):
        folder.mkdir()
        command = [PROGRAM, '--strategy', strategy, '--ttl', TTL_MS, '--database', f'host={postgres.folder} port={postgres.port} user={postgres.USER} dbname=postgres']
        if strategy == 'look-aside':
            command += ['--redis', redis.url]
        super().__init__(pinned(servers.SERVER_CORE, [*command, *options]), folder, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError('bench_caches did not start:\n' + self.said())
        self.port = int(json.loads(line)['address'].rsplit(':', 1)[1])

    def counts(self):
        """Asks again while the HTTP library still refuses requests after an overload."""
        for _ in range(100):
            with contextlib.suppress(RuntimeError), Connection(self.port) as connection:
                return json.loads(connection.ask('GET', '/counts'))['data']
            time.sleep(0.05)
        raise RuntimeError('bench_caches does not recover from its overload')


class Proxy(Process):
    """nginx with a proxy_cache before a server. With `single_flight` one request refreshes and all others get the old answer."""

    def __init__(self, folder, before, single_flight=True):
        folder.mkdir()
        self.port = free_port()
        flight = 'proxy_cache_lock on; proxy_cache_use_stale updating;' if single_flight else ''
        (folder / 'nginx.conf').write_text(f'''daemon off; worker_processes 1; pid {folder}/pid; error_log stderr error;
user root;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 1000000000;
  proxy_cache_path {folder}/cache keys_zone=lists:1m;
  upstream lists {{ server 127.0.0.1:{before.port}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{self.port} backlog=1024;
    location / {{
      proxy_pass http://lists; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache lists; proxy_cache_valid 200 {TTL_MS // 1000}s; {flight}
    }}
  }}
}}
''')
        super().__init__(pinned(servers.SERVER_CORE, ['nginx', '-c', folder / 'nginx.conf']), folder)
        for _ in range(200):
            with contextlib.suppress(OSError), Connection(self.port) as connection:
                connection.ask('GET', '/dates')
                return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError('nginx did not start:\n' + self.said())


class Connection:
    """Keeps one connection open."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=30)
        self.reader = self.socket.makefile('rb')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def ask(self, method, target, token='', body=''):
        """The body of a successful answer."""
        self.socket.sendall(request_bytes(method, target, token, body))
        status, length = self.reader.readline(), None
        while (line := self.reader.readline()) not in (b'\r\n', b''):
            if line.lower().startswith(b'content-length:'):
                length = int(line.split(b':')[1])
        answer = self.reader.read(length)
        if not re.match(rb'HTTP/1.1 2', status):
            raise RuntimeError(f'{method} {target}: {status} {answer[:300]}')
        return answer


class Way:
    """A port with both lists, and how event 1 is changed behind it."""

    def __init__(self, name, port, counts=None, changes_at=None, token=''):
        self.name, self.port, self.counts, self.token = name, port, counts, token
        self.changes_at = changes_at or port

    def target(self, which):
        return '/events' if which == 'events' else '/events/1/dates' if self.is_product else '/dates'

    @property
    def is_product(self):
        return self.name.startswith('product')

    def change(self, connection, version):
        if self.is_product:
            connection.ask('PATCH', '/admin/events/1', f'Bearer {OPERATOR_KEY}', json.dumps({'name': f'Event 1 v{version}'}))
            return version
        return int(json.loads(connection.ask('POST', '/changes'))['data']['name'].rsplit('v', 1)[1])

    def load(self, which, **options):
        return {'target': self.target(which), 'headers': [f'Authorization: {self.token}'] if self.token else [], 'connections': 256, **options}


def product(folder, started, sizes, settings=(), imports=True):
    """The product as a Way: its port, and a token that may read the dates."""
    folder.mkdir()
    (folder / 'catalogue.yaml').write_text(catalogue(*sizes))
    server = started.enter_context(Stagedoor(folder, folder / 'catalogue.yaml' if imports else None, settings))
    token = server.ask('POST', '/queue', '', '{"userId":"00000000-0000-4000-8000-000000000001","eventId":1}')['token']
    while server.ask('GET', '/queue', token)['status'] != 'ACTIVATED':
        time.sleep(0.1)
    return server, token


class Setting:
    """All servers, started once; those that nobody asks cost nothing."""

    def __init__(self, folder, started, sizes):
        self.folder, self.started, self.sizes = folder, started, sizes
        self.postgres = started.enter_context(Postgres(folder / 'postgres', sizes))
        self.redis = started.enter_context(RedisServer(folder / 'redis', prefix=pinned(servers.SERVER_CORE, [])))
        self.ways = {name: self.way('none' if name == 'coalesced' else name, name=name)
                     for name in ('none', 'coalesced', 'look-aside', 'read-through', 'write-through', 'rendered')}
        if shutil.which('nginx'):
            self.ways['proxy'] = self.proxy(single_flight=True)
        else:
            say('  no proxy: nginx is not installed (Debian: apt-get install nginx-light)')
        server, token = product(folder / 'product', started, sizes)
        self.ways['product'] = Way('product', server.port, token=token)

    def new_folder(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / 'server'

    def server(self, strategy, *options, stack=None):
        return (stack or self.started).enter_context(CacheServer(self.new_folder(), self.postgres, self.redis, strategy, *options))

    def way(self, strategy, *options, single_flight=True, stack=None, name=None):
        server = self.server(strategy, *options, *(['--single-flight'] if single_flight and name != 'none' else []), stack=stack)
        return Way(name or strategy, server.port, server.counts)

    def proxy(self, *options, single_flight, stack=None, name='proxy'):
        server = self.server('none', *options, stack=stack)
        front = (stack or self.started).enter_context(Proxy(self.new_folder(), server, single_flight))
        return Way(name, front.port, server.counts, changes_at=server.port)

    def others(self):
        """Ways where another instance does the writing."""
        own = self.way('write-through', name='write-through, other instance')
        own.changes_at = self.ways['write-through'].port
        (self.folder / 'product-database').mkdir()
        database = self.started.enter_context(PostgresServer(self.folder / 'product-database', ['shared_buffers=256MB']))
        os.sched_setaffinity(database.process.pid, {int(servers.SERVER_CORE)})
        settings = [f'store.url={database.url()}', 'auth.keys=' + 'k' * 32]
        writes, token = product(self.folder / 'writes', self.started, self.sizes, settings)
        reads, _ = product(self.folder / 'reads', self.started, self.sizes, settings, imports=False)
        return {way.name: way for way in (own, Way('product, other instance', reads.port, changes_at=writes.port, token=token))}


def core_ticks():
    """(busy, all) of the servers' core since the machine started."""
    with open('/proc/stat') as lines:
        fields = next(line.split()[1:] for line in lines if line.startswith(f'cpu{servers.SERVER_CORE} '))
    ticks = [int(field) for field in fields[:8]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def speed(way, which, seconds, rate):
    """One list at the offered rate. Who finds no connection free for a second gives up."""
    before, queries = core_ticks(), way.counts()['queries'] if way.counts else None
    begin = time.monotonic()
    told = load(way.port, **way.load(which, rate=rate, patience=1000, seconds=seconds, warm_up=min(2, seconds / 2)))
    took = time.monotonic() - begin
    after = core_ticks()
    accepted = sum(count for name, count in told['answers'].items() if name == '200')
    point = {'kind': 'speed', 'way': way.name, 'list': which, 'offered': rate, 'seconds': seconds, 'served': told['acceptedPerSecond'],
             'success': accepted / max(1, sum(told['answers'].values())), 'answers': told['answers'], 'bytes': told['answerBytes'],
             **{name: told['latencyUs'][name] / 1000 for name in ('p50', 'p95', 'p99', 'max')}, 'generatorBusy': told['busy'],
             'coreBusy': (after[0] - before[0]) / max(1, after[1] - before[1]),
             'queriesPerSecond': (way.counts()['queries'] - queries) / took if way.counts else None}
    say(f'  {which}, {way.name}: {point["served"]:,.0f}/s of {rate:,}, p99 {point["p99"]:,.1f} ms, core {point["coreBusy"]:.0%}, generator {told["busy"]:.0%}')
    return point


class Writer(threading.Thread):
    """Changes event 1 at a steady rate and notes when each change was answered."""

    def __init__(self, way, first, until):
        super().__init__(daemon=True)
        self.way, self.version, self.until = way, first, until
        self.answered, self.newest, self.took, self.failure = {}, 0, [], None

    def run(self):
        try:
            with Connection(self.way.changes_at) as connection:
                due = time.monotonic()
                while (due := due + 1 / CHANGES) < self.until:
                    time.sleep(max(0, due - time.monotonic()))
                    begin = time.monotonic()
                    try:
                        self.version = self.way.change(connection, self.version + 1)
                    except RuntimeError as refusal:
                        if '503' not in str(refusal):
                            raise
                        continue
                    now = time.monotonic()
                    self.answered[self.version], self.newest = now, self.version
                    self.took.append((now - begin) * 1000)
        except Exception as failure:
            self.failure = failure


def staleness(way, seconds, background):
    """Stale: a change was answered before the read was sent, and the read does not show it. Its age: how long before."""
    refused = 0
    with Connection(way.port) as reader:
        with Connection(way.changes_at) as connection:
            first = int(re.search(rb'Event 1 v(\d+)', connection.ask('GET', way.target('events')))[1])
        crowd = start_load(way.port, **way.load('events', rate=background, patience=1000, seconds=seconds + 0.5))
        until, ages, reads = time.monotonic() + seconds, [], 0
        writer = Writer(way, first, until)
        writer.start()
        while (sent := time.monotonic()) < until:
            newest = writer.newest
            try:
                version = int(re.search(rb'Event 1 v(\d+)', reader.ask('GET', way.target('events')))[1])
            except RuntimeError:  # an instance that has not read the journal for a second answers nothing rather than what is old
                refused += 1
                continue
            reads += 1
            if version < newest:
                missed = next(at for changed, at in list(writer.answered.items()) if changed > version)
                ages.append((sent - missed) * 1000)
            time.sleep(max(0, sent + 0.01 - time.monotonic()))
        writer.join()
        finish_load(crowd)
    if writer.failure:
        raise writer.failure
    point = {'kind': 'staleness', 'way': way.name, 'seconds': seconds, 'changes': len(writer.took), 'reads': reads, 'refused': refused, 'stale': len(ages),
             'share': len(ages) / max(1, reads), 'oldestMs': max(ages, default=0), 'changeMs': servers.median(writer.took)}
    say(f'  staleness, {way.name}: {len(ages)} of {reads} reads stale, oldest {point["oldestMs"]:,.0f} ms, a change takes {point["changeMs"]:.1f} ms')
    return point


STAMPEDES = [(name, flight) for name in ('look-aside', 'read-through', 'proxy') for flight in (False, True)]


def stampede(setting, name, single_flight, seconds):
    """A hot list expires every second; how many queries does that cause?"""
    with contextlib.ExitStack() as stack:
        options = ['--workers', 64, '--query-extra', QUERY_EXTRA_MS]
        way = (setting.proxy(*options, single_flight=single_flight, stack=stack) if name == 'proxy' else
               setting.way(name, *options, single_flight=single_flight, stack=stack))
        if name == 'look-aside':
            setting.redis.ask('FLUSHALL')
        before = way.counts()
        told = load(way.port, **way.load('events', rate=STAMPEDE_RATE, patience=1000, seconds=seconds))
        after = way.counts()
    queries, expiries = (after[key] - before[key] for key in ('queries', 'expiries'))
    point = {'kind': 'stampede', 'way': name, 'singleFlight': single_flight, 'seconds': seconds, 'queries': queries, 'expiries': expiries,
             'worstExpiry': after['worstExpiry'], 'p50': told['latencyUs']['p50'] / 1000, 'p99': told['latencyUs']['p99'] / 1000,
             'generatorBusy': told['busy']}
    say(f'  stampede, {name}{", single flight" if single_flight else ""}: {queries} queries for {expiries} expiries, at most {point["worstExpiry"]}; '
        f'p99 {point["p99"]:,.1f} ms')
    return point


def measure(options, folder, results):
    with contextlib.ExitStack() as started:
        setting = Setting(folder, started, (100, 20) if options.quick else SIZES)
        ways = setting.ways
        for which in RATES if 'speed' in options.parts else ():
            for number in range(options.rounds):
                for name in ways if number % 2 else reversed(ways):
                    seconds = options.reference_seconds if options.quick or name in REFERENCE else options.seconds
                    results.add(speed(ways[name], which, seconds, options.rate or RATES[which]))
        if 'staleness' in options.parts:
            ways = {**ways, **setting.others()} if not options.quick else ways
            for _ in range(options.rounds):
                for way in ways.values():
                    results.add(staleness(way, max(options.seconds, 2.5 * TTL_MS / 1000), BACKGROUND))
        for _ in range(options.rounds if 'stampede' in options.parts else 0):
            for name, flight in STAMPEDES:
                if name in ways and (not options.quick or name == 'read-through'):
                    results.add(stampede(setting, name, flight, max(1.5, options.seconds)))


def chosen(points, **values):
    return [point for point in points if all(point.get(key) == value for key, value in values.items())]


def each(points, key):
    return [point[key] for point in points]


def spread_of(points, key, form='{:,.1f}', factor=1):
    return report.spread([point[key] * factor for point in points], form)


def names(points, kind):
    return list(dict.fromkeys(point['way'] for point in points if point['kind'] == kind))


def ordered(points, kind):
    found = names(points, kind)
    return [name for name in WAYS if name in found] + [name for name in found if name not in WAYS]


def speed_table(points, which):
    rows = []
    for name in ordered(points, 'speed'):
        own = chosen(points, kind='speed', way=name, list=which)
        busy = max(each(own, 'generatorBusy'))
        queries = '–' if own[0]['queriesPerSecond'] is None else spread_of(own, 'queriesPerSecond', '{:,.0f}')
        rows.append([WAYS[name], spread_of(own, 'served', '{:,.0f}'), spread_of(own, 'success', '{:.0%}'), spread_of(own, 'p50'), spread_of(own, 'p99'),
                     queries, spread_of(own, 'coreBusy', '{:.0%}'), f'{busy:.0%}' + (' ○' if busy > report.BUSY else '')])
    without, with_cache = SEEDS[which]
    grey = '<span style="color:{}">{}</span>'
    rows.append([grey.format(report.GREY, '*measured elsewhere, not here:* without and with a cache'), grey.format(report.GREY, f'{without:,} → {with_cache:,}'),
                 *[''] * 6])
    size = chosen(points, kind='speed', list=which)[0]['bytes']
    return (f'**{which.capitalize()}**: {points_rate(points, which):,} requests a second offered; an answer of {size / 1000:,.0f} kB (Stagedoor\'s: '
            f'{chosen(points, kind="speed", list=which, way="product")[0]["bytes"] / 1000:,.0f} kB).\n\n'
            + report.table(['way', 'served/s', 'answered', 'p50 ms', 'p99 ms', 'queries/s', 'server core busy', 'generator busy'], rows))


def points_rate(points, which):
    return chosen(points, kind='speed', list=which)[0]['offered']


def staleness_table(points):
    rows = []
    for name in ordered(points, 'staleness'):
        own = chosen(points, kind='staleness', way=name)
        rows.append([name, spread_of(own, 'share', '{:.1%}'), f'{max(each(own, "oldestMs")):,.1f}', spread_of(own, 'changeMs', '{:.2f}'),
                     f'{sum(each(own, "stale")):,} of {sum(each(own, "reads")):,}', sum(each(own, 'refused'))])
    return report.table(['way', 'stale answers', 'oldest value, ms', 'a change takes, ms', 'stale of reads', 'refused'], rows)


def stampede_table(points):
    rows = []
    for name, flight in STAMPEDES:
        own = chosen(points, kind='stampede', way=name, singleFlight=flight)
        if own:
            rows.append([name, 'yes' if flight else 'no', f'{sum(each(own, "queries")) / max(1, sum(each(own, "expiries"))):.1f}',
                         max(each(own, 'worstExpiry')), spread_of(own, 'p50'), spread_of(own, 'p99')])
    return report.table(['way', 'single flight', 'queries an expiry, mean', 'most', 'p50 ms', 'p99 ms'], rows)


def draw_speed(points):
    def draw(pyplot, theme):
        figure, panels = pyplot.subplots(1, 2, figsize=(10, 3.6), sharey=True)
        order = ordered(points, 'speed')[::-1]
        for panel, which in zip(panels, RATES):
            for at, name in enumerate(order):
                own = chosen(points, kind='speed', way=name, list=which)
                colour = report.COLOURS[list(WAYS).index(name)]
                values = each(own, 'served')
                panel.plot([min(values), max(values)], [at, at], color=colour, linewidth=2)
                panel.plot([servers.median(values)], [at], 'o', markersize=9, markeredgecolor=colour, markeredgewidth=2,
                           markerfacecolor=report.face(colour, theme, max(each(own, 'generatorBusy'))))
            for value, what, side in zip(SEEDS[which], ('without', 'with a cache, elsewhere'), ('right', 'left')):
                panel.axvline(value, color=report.GREY, linestyle=':')
                panel.text(value, len(order) - 0.45, what, color=report.GREY, fontsize=7, ha=side, clip_on=False)
            panel.axvline(points_rate(points, which), color=theme['ink'], linestyle='--', linewidth=1)
            panel.set_title(f'{which}: {points_rate(points, which):,}/s offered (dashed)', fontsize=10, pad=14)
            panel.set_xlabel('answers a second')
            panel.set_xlim(left=0)
            panel.set_yticks(range(len(order)), order)
        return figure
    return draw


def draw_staleness(points):
    def draw(pyplot, theme):
        figure, panels = pyplot.subplots(1, 2, figsize=(10, 3.6), sharey=True)
        order = ordered(points, 'staleness')[::-1]
        for panel, key, factor, label in ((panels[0], 'share', 100, 'stale answers, %'), (panels[1], 'oldestMs', 1, 'oldest value served, ms')):
            for at, name in enumerate(order):
                own = [value * factor for value in each(chosen(points, kind='staleness', way=name), key)]
                panel.plot([min(own), max(own)], [at, at], color=report.COLOURS[at % len(report.COLOURS)], linewidth=2)
                panel.plot([servers.median(own)], [at], 'o', markersize=8, color=report.COLOURS[at % len(report.COLOURS)])
            panel.set_xlabel(label)
            panel.set_yticks(range(len(order)), order)
        panels[0].set_xlim(-3, 103)
        panels[1].set_xscale('symlog', linthresh=1)
        panels[1].set_xlim(-0.2)
        return figure
    return draw


def versions():
    return report.machine(PostgreSQL=report.version('psql', '--version'), Redis=report.version('redis-server', '--version'),
                          nginx=report.version('nginx', '-v'), Stagedoor=report.version(servers.STAGEDOOR, 'version'),
                          **{'load average before the start': f'{os.getloadavg()[0]:.1f}'})


def sections(points):
    return {'events': speed_table(points, 'events'), 'dates': speed_table(points, 'dates'),
            'speed plot': report.picture('caches', 'Answers a second of each way to read the two lists, at the offered rate'),
            'staleness': staleness_table(points),
            'staleness plot': report.picture('caches-staleness', 'Share of stale answers and the oldest value served, of each way'),
            'stampede': stampede_table(points)}


def main(words):
    parser = report.parser('caches', __doc__)
    parser.add_argument('--seconds', type=float, default=10, help='measured per point (10)')
    parser.add_argument('--reference-seconds', type=float, default=30, help=f'measured per point of {" and ".join(REFERENCE)} (30)')
    parser.add_argument('--rounds', type=int, default=3, help='of every point, in turns (3)')
    parser.add_argument('--rate', type=float, help='offered a second, instead of 3,000 for events and 4,000 for dates')
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=PARTS, help='only these; the others are kept as the last run left them')
    options = parser.parse_args(words)
    if options.quick:
        options.seconds, options.reference_seconds, options.rounds, options.rate = 0.3, 0.2, 1, 50
    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-study-', dir=options.folder))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    results = report.Results('caches', options, versions())
    if options.parts != PARTS:
        results.points = [point for point in json.loads(results.file.read_text())['points'] if point['kind'] not in options.parts]
    try:
        measure(options, folder, results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    plots = {} if options.quick else {'caches': draw_speed(results.points), 'caches-staleness': draw_staleness(results.points)}
    results.finish(sections(results.points), plots)
