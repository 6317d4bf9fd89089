"""The rows of the table: what is measured against what, and the floor. Each row yields Results."""
import dataclasses
import datetime
import json
import pathlib
import shutil
import time

import servers
from servers import Listeners, Nginx, Postgres, Stagedoor, expect_only, load, median, say

EVENT_READ, EVENT_WAIT, EVENT_SELL = 1, 2, 3
USERS = 20_000      # who wait, and who have wallets
BUYERS = 200_000    # who hold seats: some four each
SEATS_PER_DATE = 100_000


@dataclasses.dataclass
class Result:
    work: str
    ours: str
    other: str
    measured: float   # what is held against the floor
    floor: float
    higher_is_better: bool
    unit: str = '×'
    runs: list = dataclasses.field(default_factory=list)

    @property
    def passed(self):
        return self.measured >= self.floor if self.higher_is_better else self.measured <= self.floor


@dataclasses.dataclass
class Bench:
    """Where and how long to measure. `world` is made once and copied for every server that writes."""
    folder: pathlib.Path
    seconds: float
    rounds: int
    dates: int        # of 100,000 seats each, for holds
    waiting: int      # people in the memory row
    streams: int      # listeners in the streams row
    demo: pathlib.Path
    world: 'World' = None
    count: int = 0

    def new_folder(self, name):
        self.count += 1
        folder = self.folder / f'{self.count}-{name}'
        folder.mkdir(parents=True)
        return folder

    def make_world(self):
        if self.world is None:
            self.world = World(self)
        return self.world


def catalogue(dates):
    """R-K4: a small event to read, one that lets nobody in, one with many seats that lets everybody in at once."""
    window = 'from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z'
    open_door = ('admission: interval, people: 1000000, every: 1s, active_ttl: 12h, visit_max: 12h, '
                 'presence_timeout: 12h, poll_min: 0s')

    def event(number, name, queue, layout, prices, count):
        listed = '\n'.join(f'      - {{id: {number * 1000 + i}, starts_at: 2096-02-{1 + i % 28:02}T{i // 28:02}:00:00Z, '
                           f'layout: {layout}, prices: {prices}}}' for i in range(count))
        return f'''  - id: {number}
    name: {name}
    performer: The Understudies
    venue: Bench Hall
    on_sale: {{{window}}}
    queue: {{{queue}}}
    policy: {{seats_per_user: 100000, hold_ttl: 5h}}
    dates:
{listed}
'''
    return ('layouts:\n  club: {seats: 50, category: Standard}\n'
            '  field:\n    sections:\n      - {name: A, rows: 500, seats_per_row: 200, category: Field}\n'
            'events:\n'
            + event(EVENT_READ, 'Club Night', open_door, 'club', '{Standard: 110000}', 3)
            + event(EVENT_WAIT, 'Far Too Popular',
                    'admission: capacity, capacity: 1, active_ttl: 12h, visit_max: 12h, presence_timeout: 12h, poll_min: 0s',
                    'club', '{Standard: 110000}', 1)
            + event(EVENT_SELL, 'Open Field', open_door, 'field', '{Field: 50000}', dates))


class World:
    """A store with the catalogue, users in the queues and everybody let in who will be; and their tokens as files for
    bench_load: user, tab, token."""

    def __init__(self, bench, program=servers.STAGEDOOR):
        self.bench, self.folder, self.program = bench, bench.new_folder('world'), program
        self.catalogue = self.folder / 'bench.yaml'
        self.catalogue.write_text(catalogue(bench.dates))
        begin = time.monotonic()
        say(f'  importing {bench.dates} × {SEATS_PER_DATE:,} seats …')
        with Stagedoor(self.folder, self.catalogue, program=program) as server:
            say(f'  ready after {time.monotonic() - begin:.1f} s; {BUYERS:,} users join …')
            self.readers = self.join(server, EVENT_READ, 100)
            self.waiters = self.join(server, EVENT_WAIT, USERS)
            self.buyers = self.join(server, EVENT_SELL, BUYERS)
            token = self.buyers.read_text().splitlines()[-1].split('\t')[1]
            while server.ask('GET', '/queue', token)['status'] != 'ACTIVATED':
                time.sleep(0.1)
            ids = []
            for i in range(bench.dates):
                date = server.ask('GET', f'/events/properties/{EVENT_SELL * 1000 + i}/seats', token)['seat']
                ids += [seat['id'] for seat in date]
            # In one piece but for the id of a price category between two dates: a request for that one answers 404.
            self.first_seat, self.seats = min(ids), max(ids) - min(ids) + 1
            if self.seats - len(ids) >= bench.dates:
                raise RuntimeError('the seat ids of the dates are not in one piece, as {s} of bench_load needs them')

    def join(self, server, event, count):
        answers, values = self.folder / 'answers', self.folder / f'users-{event}'
        expect_only(load(server.port, connections=256, requests=count, method='POST', target='/queue', first=event * 10_000_000,
                         body=f'{{"userId":"{{uuid}}","eventId":{event}}}', answers=answers), '201')
        places = (json.loads(line)['data'] for line in answers.open())
        values.write_text(''.join(f"{place['userId']}\t{place['token']}\n" for place in places))
        answers.unlink()
        return values

    def copy(self, name, settings=()):
        """A server on a copy of the store, as freshly started."""
        folder = self.bench.new_folder(name)
        for file in self.folder.iterdir():
            if file.name.startswith('stagedoor.db'):
                shutil.copy2(file, folder)
        return Stagedoor(folder, settings=settings, program=self.program)

    def first_of(self, values):
        return values.read_text().split('\n', 1)[0].split('\t')


def per_second(bench, port, **request):
    return expect_only(load(port, seconds=bench.seconds, warm_up=min(1, bench.seconds / 4), **request), '200', '201')['perSecond']


def rate(values):
    return f'{median(values):,.0f}/s'


def against_nginx(bench, work, server, captured, request, floor):
    ours, others, ratios = [], [], []
    with Nginx(bench.new_folder('nginx'), captured) as nginx:
        for number in range(bench.rounds):
            a, b = per_second(bench, server.port, **request), per_second(bench, nginx.port, **request)
            b += per_second(bench, nginx.port, **request)
            a += per_second(bench, server.port, **request)
            ours, others, ratios = ours + [a / 2], others + [b / 2], ratios + [a / b]
            say(f'  round {number + 1}/{bench.rounds}: stagedoor {a / 2:,.0f}/s, nginx {b / 2:,.0f}/s, ratio {a / b:.2f}')
    yield Result(work, rate(ours), f'nginx, the same bytes: {rate(others)}', median(ratios), floor, True,
                 runs=[{'stagedoor': a, 'nginx': b, 'ratio': r} for a, b, r in zip(ours, others, ratios)])


def poll(bench):
    """Status polls of people who wait, 64 connections."""
    world = bench.make_world()
    with world.copy('poll') as server:
        waiter = world.waiters.read_text().splitlines()[-1].split('\t')[1]  # the first of them was let in
        captured = server.capture('GET', '/queue', waiter)
        request = {'connections': 64, 'target': '/queue', 'headers': ['Authorization: {2}'], 'values': world.waiters}
        yield from against_nginx(bench, 'status poll with a valid token', server, captured, request, 0.7)


def reads(bench, work, target):
    world = bench.make_world()
    with world.copy('read') as server:
        token = world.first_of(world.readers)[1]
        request = {'connections': 64, 'target': target, 'headers': ['Authorization: {2}'], 'values': world.readers}
        yield from against_nginx(bench, work, server, server.capture('GET', target, token), request, 0.7)


def seats(bench):
    """The seat map of a date of 50 seats, 64 connections."""
    yield from reads(bench, 'seat map of 50 seats', f'/events/properties/{EVENT_READ * 1000}/seats')


def dates(bench):
    """The dates of an event, 64 connections."""
    yield from reads(bench, 'dates', f'/events/{EVENT_READ}/dates')


def hold_request(world, connections):
    return {'connections': connections, 'method': 'POST', 'target': '/events/seats', 'headers': ['Authorization: {2}'],
            'body': '{"seatId":{s},"userId":"{1}"}', 'values': world.buyers,
            'scatter_first': world.first_seat, 'scatter_count': world.seats, 'scatter_piece': SEATS_PER_DATE}


class Holds:
    """Holds on one server that go on where the last run stopped, so that every seat is held once."""

    def __init__(self, bench, world, server, connections):
        self.bench, self.world, self.server, self.connections, self.next = bench, world, server, connections, 0

    def run(self):
        report = expect_only(load(self.server.port, seconds=self.bench.seconds, warm_up=min(1, self.bench.seconds / 4),
                                  first=self.next, **hold_request(self.world, self.connections)), '201', '404 SEAT_NOT_FOUND')
        self.next += report['sent']
        if self.next > self.world.seats:
            raise RuntimeError(f'{self.next:,} holds, but only {self.world.seats:,} seats: raise --dates')
        return report


def hold(bench):
    """Durable holds of seats scattered over a date of 100,000, date after date, 1,024 connections; nginx answers the same requests with the same
    bytes, PostgreSQL does one transaction per request, pgbench, both cores."""
    world = bench.make_world()
    ours, nginx_rates, postgres_rates, to_nginx, to_postgres = [], [], [], [], []
    with world.copy('hold-answer') as server:
        user, token = world.first_of(world.buyers)
        captured = server.capture('POST', '/events/seats', token, f'{{"seatId":{world.first_seat},"userId":"{user}"}}')
    with Nginx(bench.new_folder('nginx'), captured) as nginx, Postgres(bench.new_folder('postgres')) as postgres:
        postgres.find_best_clients(bench.seconds / 2)
        for number in range(bench.rounds):
            with world.copy('hold') as server:
                holds = Holds(bench, world, server, 1024)
                a = holds.run()['perSecond']
                b, c = per_second(bench, nginx.port, **hold_request(world, 1024)), postgres.hold(bench.seconds)
                c, b = c + postgres.hold(bench.seconds), b + per_second(bench, nginx.port, **hold_request(world, 1024))
                a += holds.run()['perSecond']
            ours, nginx_rates, postgres_rates = ours + [a / 2], nginx_rates + [b / 2], postgres_rates + [c / 2]
            to_nginx, to_postgres = to_nginx + [a / b], to_postgres + [a / c]
            say(f'  round {number + 1}/{bench.rounds}: stagedoor {a / 2:,.0f}/s, nginx {b / 2:,.0f}/s (ratio {a / b:.2f}), '
                f'PostgreSQL {c / 2:,.0f}/s (ratio {a / c:.1f})')
    yield Result('durable hold, 1,024 connections', rate(ours), f'nginx, the same bytes: {rate(nginx_rates)}', median(to_nginx),
                 0.25, True, runs=[{'stagedoor': a, 'nginx': b, 'ratio': r} for a, b, r in zip(ours, nginx_rates, to_nginx)])
    yield Result('durable hold, 1,024 connections', rate(ours), f'PostgreSQL, both cores: {rate(postgres_rates)}',
                 median(to_postgres), 4, True,
                 runs=[{'stagedoor': a, 'postgres': b, 'ratio': r} for a, b, r in zip(ours, postgres_rates, to_postgres)])


def charge(bench):
    """Charges all on one wallet, against charges spread over 20,000 wallets, 1,024 connections, the same server."""
    world = bench.make_world()
    hot = bench.new_folder('charge-values') / 'one'
    users = world.buyers.read_text().splitlines(keepends=True)[:USERS]
    hot.write_text(users[0])
    spread = hot.with_name('spread')
    spread.write_text(''.join(users))
    ours, others, ratios = [], [], []

    def run(server, values):
        return per_second(bench, server.port, connections=1024, method='PUT', target='/users/{1}/balance/charge',
                          headers=['Authorization: {2}'], body='{"amount":1}', values=values)
    with world.copy('charge') as server:
        expect_only(load(server.port, connections=256, requests=USERS, method='PUT', target='/users/{1}/balance/charge',
                         headers=['Authorization: {2}'], body='{"amount":1}', values=spread), '200')
        for number in range(bench.rounds):
            a, b = run(server, hot), run(server, spread)
            b += run(server, spread)
            a += run(server, hot)
            ours, others, ratios = ours + [a / 2], others + [b / 2], ratios + [a / b]
            say(f'  round {number + 1}/{bench.rounds}: one wallet {a / 2:,.0f}/s, spread {b / 2:,.0f}/s, ratio {a / b:.2f}')
    yield Result('charges all on one wallet', rate(ours), f'spread over {USERS:,} wallets: {rate(others)}', median(ratios), 0.9,
                 True, runs=[{'one': a, 'spread': b, 'ratio': r} for a, b, r in zip(ours, others, ratios)])


def alone(bench):
    """One client alone, durable hold, median time, against the median of one fdatasync on the same file system."""
    world = bench.make_world()
    ours, others, ratios = [], [], []
    with world.copy('alone') as server:
        holds = Holds(bench, world, server, 1)
        for number in range(bench.rounds):
            a, b = holds.run()['latencyUs']['p50'], servers.fdatasync_us(server.folder, bench.seconds)
            b += servers.fdatasync_us(server.folder, bench.seconds)
            a += holds.run()['latencyUs']['p50']
            ours, others, ratios = ours + [a / 2], others + [b / 2], ratios + [a / b]
            say(f'  round {number + 1}/{bench.rounds}: hold {a / 2:,.0f} µs, fdatasync {b / 2:,.0f} µs, ratio {a / b:.2f}')
    yield Result('one client alone, durable hold, p50', f'{median(ours):,.0f} µs', f'one fdatasync: {median(others):,.0f} µs',
                 median(ratios), 3, False, runs=[{'hold': a, 'fdatasync': b, 'ratio': r} for a, b, r in zip(ours, others, ratios)])


def memory_demo(bench):
    """Resident memory after the start with the demo catalogue and one look at its events."""
    with Stagedoor(bench.new_folder('demo'), bench.demo) as server:
        for event in server.ask('GET', '/events'):
            server.ask('GET', f"/events/{event['id']}")
        time.sleep(1)
        used = server.memory_mb()
    yield Result('memory after start with the demo', f'{used:.0f} MB', '', used, 40, False, 'MB')


def joins(bench):
    """Durable joins of new users, 1,024 connections; nginx answers the same requests with the same bytes."""
    folder = bench.new_folder('joins')
    (folder / 'bench.yaml').write_text(catalogue(1))
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        body = f'{{"userId":"{{uuid}}","eventId":{EVENT_WAIT}}}'
        sample = body.replace('{uuid}', '00000000-0000-4000-8000-000000000001')
        captured = server.capture('POST', '/queue', '', sample)
        ours, others, ratios, first = [], [], [], 1_000_000

        def run(port):
            nonlocal first
            report = expect_only(load(port, connections=1024, seconds=bench.seconds, warm_up=min(1, bench.seconds / 4), method='POST',
                                      target='/queue', first=first, body=body), '201')
            first += report['sent'] if port == server.port else 0
            return report['perSecond']
        with Nginx(bench.new_folder('nginx'), captured) as nginx:
            for number in range(bench.rounds):
                a, b = run(server.port), run(nginx.port)
                b += run(nginx.port)
                a += run(server.port)
                ours, others, ratios = ours + [a / 2], others + [b / 2], ratios + [a / b]
                say(f'  round {number + 1}/{bench.rounds}: stagedoor {a / 2:,.0f}/s, nginx {b / 2:,.0f}/s, ratio {a / b:.2f}')
    yield Result('durable joins, 1,024 connections', rate(ours), f'nginx, the same bytes: {rate(others)}', median(ratios), 0.25,
                 True, runs=[{'stagedoor': a, 'nginx': b, 'ratio': r} for a, b, r in zip(ours, others, ratios)])


def fill(server, event, people, answers=None):
    """That many new users join the event through HTTP."""
    step = min(100_000, people)
    for first in range(0, people, step):
        last = {'answers': answers} if answers and first + step >= people else {}
        report = expect_only(load(server.port, connections=1024, requests=step, first=event * 10_000_000 + first, method='POST',
                                  target='/queue', body=f'{{"userId":"{{uuid}}","eventId":{event}}}', **last), '201')
        say(f'  {first + step:,} waiting: {server.memory_mb():.0f} MB, {report["perSecond"]:,.0f} joins/s')


def waiting(bench):
    """A million people in one room, who joined through HTTP: memory, reading them back, and what a poll costs then."""
    folder = bench.new_folder('waiting')
    (folder / 'bench.yaml').write_text(catalogue(1))
    answers, values = folder / 'answers', folder / 'users'
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        server.ask('POST', '/queue', '', f'{{"userId":"00000000-0000-4000-8000-000000000001","eventId":{EVENT_WAIT}}}')
        empty = server.memory_mb()
        fill(server, EVENT_WAIT, bench.waiting, answers)
        time.sleep(2)
        used, peak = server.memory_mb(), server.memory_mb('VmHWM')
        people = [json.loads(line)['data'] for line in answers.open()]
        values.write_text(''.join(f"{one['userId']}\t{one['token']}\n" for one in people))
        sample = people[::max(1, len(people) // 100)]
        before = [server.ask('GET', '/queue', one['token'])['position'] for one in sample]
    begin = time.monotonic()
    with Stagedoor(folder) as server:
        restart = time.monotonic() - begin
        after = [server.ask('GET', '/queue', one['token'])['position'] for one in sample]
        if before != after:
            raise RuntimeError('after the restart positions are others')
        say(f'  read back in {restart:.1f} s, {len(sample)} positions as before')
        each = (used - empty) * 1024 * 1024 / bench.waiting
        yield Result(f'memory with {bench.waiting:,} people waiting', f'{used:.0f} MB', f'at its peak {peak:.0f} MB', used, 200,
                     False, 'MB')
        yield Result('memory of one of them', f'{each:.0f} bytes', '', each, 128, False, 'bytes')
        yield Result('start with all of them', f'{restart:.1f} s', '', restart, 5, False, 's')
        captured = server.capture('GET', '/queue', sample[0]['token'])
        request = {'connections': 64, 'target': '/queue', 'headers': ['Authorization: {2}'], 'values': values}
        yield from against_nginx(bench, f'status poll with {bench.waiting:,} waiting', server, captured, request, 0.7)


def draw(bench):
    """A draw: from the opening until the order of all who gathered can be read."""
    folder = bench.new_folder('draw')
    text = catalogue(1).replace('from: 2020-01-01T00:00:00Z', 'from: 2095-01-01T00:00:00Z')
    (folder / 'bench.yaml').write_text(text.replace('capacity: 1,', 'capacity: 1, order: draw, gather_from: 2020-01-01T00:00:00Z,'))
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        fill(server, EVENT_WAIT, bench.waiting, folder / 'answers')
        token = json.loads((folder / 'answers').open().readline())['data']['token']
        opening = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        server.ask('PATCH', f'/admin/events/{EVENT_WAIT}', f'Bearer {servers.OPERATOR_KEY}',
                   json.dumps({'on_sale': {'from': opening.isoformat(timespec='milliseconds').replace('+00:00', 'Z'),
                                           'until': '2096-01-01T00:00:00Z'}}))
        while server.ask('GET', '/queue', token)['position'] is None:
            if datetime.datetime.now(datetime.timezone.utc) > opening + datetime.timedelta(seconds=30):
                raise RuntimeError('nothing was drawn')
            time.sleep(0.005)
        took = (datetime.datetime.now(datetime.timezone.utc) - opening).total_seconds() * 1000
        drawn = server.ask('GET', f'/queue/draw/{EVENT_WAIT}')
        if drawn['people'] != bench.waiting:
            raise RuntimeError(f'{drawn["people"]} took part')
    yield Result(f'draw of {bench.waiting:,} people readable', f'{took:.0f} ms', '', took, 1000, False, 'ms')


def promotion(bench):
    """Holds of one client alone while 3,000 people are let in at once, every two seconds: the slowest of all."""
    folder = bench.new_folder('promotion')
    (folder / 'bench.yaml').write_text(catalogue(1).replace('admission: capacity, capacity: 1,',
                                                            'admission: interval, people: 3000, every: 2s,'))
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        fill(server, EVENT_WAIT, 100_000)
        buyer = server.ask('POST', '/queue', '', f'{{"userId":"00000000-0000-4000-8000-000000000001","eventId":{EVENT_SELL}}}')
        while server.ask('GET', '/queue', buyer['token'])['status'] != 'ACTIVATED':
            time.sleep(0.1)
        seats = server.ask('GET', f'/events/properties/{EVENT_SELL * 1000}/seats', buyer['token'])['seat']
        (folder / 'buyer').write_text(f"{buyer['userId']}\t{buyer['token']}\n")
        report = expect_only(load(server.port, connections=1, seconds=max(4, bench.seconds), method='POST', target='/events/seats',
                                  headers=['Authorization: {2}'], body='{"seatId":{s},"userId":"{1}"}', values=folder / 'buyer',
                                  scatter_first=min(seat['id'] for seat in seats), scatter_count=len(seats)), '201')
    slowest = report['latencyUs']['max'] / 1000
    yield Result('slowest hold while 3,000 are let in', f'{slowest:.1f} ms', f'median {report["latencyUs"]["p50"] / 1000:.2f} ms', slowest,
                 20, False, 'ms')


def streams(bench):
    """Event streams of one date's seats: from sending a hold until the last of all listeners has heard of it, p100; and
    what an open stream costs, without the kernel's buffers."""
    folder, count = bench.new_folder('streams'), bench.streams
    (folder / 'bench.yaml').write_text(catalogue(1))
    with Stagedoor(folder, folder / 'bench.yaml') as server:
        users, date = folder / 'users', EVENT_READ * 1000
        expect_only(load(server.port, connections=256, requests=count, method='POST', target='/queue', answers=folder / 'answers',
                         body=f'{{"userId":"{{uuid}}","eventId":{EVENT_READ}}}'), '201')
        places = [json.loads(line)['data'] for line in (folder / 'answers').open()]
        users.write_text(''.join(place['token'].split(' ')[1] + '\n' for place in places))
        buyer = places[-1]
        while server.ask('GET', '/queue', buyer['token'])['status'] != 'ACTIVATED':
            time.sleep(0.1)
        seats = [seat['id'] for seat in server.ask('GET', f'/events/properties/{date}/seats', buyer['token'])['seat']]
        before = server.memory_mb()
        with Listeners(server.port, folder, streams=count, target=f'/events/properties/{date}/seats/stream?token={{}}',
                       tokens=users, event='event: seats',
                       changes=[f'{{"seatId":{seat},"userId":"{buyer["userId"]}"}}' for seat in seats[:bench.rounds * 5]],
                       change={'target': '/events/seats', 'token': buyer['token']}) as listeners:
            open_kb = (server.memory_mb() - before) * 1024 / count
            changes = listeners.changes()
            told_kb = (server.memory_mb() - before) * 1024 / count
    last = [change['last'] for change in changes]
    say('  until all were told, ms: ' + ', '.join(f'{ms:.0f}' for ms in last))
    say(f'  memory of a stream: {open_kb:.1f} KB when open, {told_kb:.1f} KB after {len(changes)} changes')
    yield Result(f'{count:,} streams told of a hold', f'{median(last):.0f} ms',
                 f'half of them after {median([change["p50"] for change in changes]):.0f} ms', max(last), 250, False, 'ms', runs=changes)
    yield Result('memory of an open stream', f'{open_kb:.1f} KB', '', max(open_kb, told_kb), 8, False, 'KB')


ROWS = {'poll': poll, 'seats': seats, 'dates': dates, 'hold': hold, 'charge': charge, 'alone': alone,
        'memory-demo': memory_demo, 'joins': joins, 'waiting': waiting, 'draw': draw, 'promotion': promotion, 'streams': streams}
