"""What the product's own schema and statements do for the questions of the study of ten million rows: sql/migrations and sql/queries as they
are, on SQLite and PostgreSQL. What the product answers from memory is said so: lapsed holds (bench_lapsed measures its heap) and dates."""
import contextlib
import functools
import json
import re
import sqlite3
import statistics
import subprocess
import time

from report import ROOT, say, table
from sql_servers import Postgres, SqliteClient, forget

NOW_MS, PAGE, GENERATION_BITS = 1_780_315_200_000, 20, 14
NAMES = {'sqlite': 'SQLite', 'postgres': 'PostgreSQL'}
LAPSED = ROOT / 'build/release/bench/bench_lapsed'
TITLES = {'user': 'Reservations by user', 'seat': 'The reservation that takes a seat', 'unpaid': 'Reservations of a user that are unpaid',
          'lapsed': 'Lapsed holds: the next 500, with their rows', 'wallet': 'Wallet of a user', 'charge': 'Charge of a wallet, committed',
          'start': 'At start, once: all reservations that take a seat', 'dates': 'At start, once: all dates'}


def sqlite_version():
    return sqlite3.sqlite_version


@functools.cache
def query(engine, name):
    """Of sql/queries, as the product has it for that database."""
    path = ROOT / f'sql/queries/{name}.sql'
    own = path.with_suffix('.postgres.sql')
    return (own if engine == 'postgres' and own.exists() else path).read_text()


def bound(text, **values):
    """The statement with its parameters written out, for PostgreSQL."""
    return re.sub(r'\$(\w+)', lambda found: values[found[1]], text)


def user_of(row, rows):
    return 1 + row * 7919 % (rows // 10 - 1)


def user_key(engine, number):
    """16 bytes."""
    return f'{number:016d}'.encode() if engine == 'sqlite' else f"'{number:032x}'::uuid"


def fill(engine, client, rows):
    """N reservations (1 of 1,000 held, 1 of 10 cancelled, the others paid), N wallets and N / 50 dates. References are not checked: of seats
    and payments, which these questions do not touch, there are no rows."""
    if engine == 'sqlite':
        numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < {}) '
        source, user, no, yes = 'n', "cast(printf('%016d', {}) as blob)", '0', '1'
    else:
        numbers, source, user, no, yes = '', 'generate_series(1::bigint, {}) n(i)', "lpad(to_hex({}), 32, '0')::uuid", 'false', 'true'
    made = lambda into, columns, values, count: (f'insert into {into} ({columns}) {numbers.format(count)} select {values} from {source.format(count)}')
    held, gone = 'i % 1000 = 0', 'i % 10 = 1'
    client.run(made('events', 'id, name, performer, venue, on_sale_from, on_sale_until, queue_policy, sale_policy, closed, paused, created_at, updated_at',
                    f"i, 'Event', 'Someone', 'Somewhere', 0, 0, '{{}}', '{{}}', {no}, {no}, 0, 0", max(1, rows // 5000)))
    client.run(made('dates', 'id, event_id, starts_at, booking_from, booking_until, layout, first_seat, seat_count, created_at, updated_at',
                    f"i, 1 + i % {max(1, rows // 5000)}, {NOW_MS} + i, 0, 0, 'hall', i * 1000, 1000, 0, 0", rows // 50))
    client.run(made('wallets', 'id, user_id, balance, seq', f'i, {user.format("i")}, 1000, 0', rows))
    client.run(made('reservations', 'id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at, created_at, updated_at, payment_id, '
                    'paid_at, version',
                    f'i, i, 1, 1, {user.format(f"1 + i * 7919 % {rows // 10 - 1}")}, 1, case when {held} then 0 when {gone} then 3 else 2 end, '
                    f'case when {gone} then 1 else 0 end, 110000, {NOW_MS} + case when i % 10000 = 0 then -60000 else 240000 end, {NOW_MS}, {NOW_MS}, '
                    f'case when {held} or {gone} then null else i end, case when {held} or {gone} then null else {NOW_MS} end, 1', rows))


def indexes_of(client):
    return [(name, sql) for name, sql in client.run("select name, sql from sqlite_schema where type = 'index' and tbl_name in ('reservations', 'wallets') "
                                                    'and sql is not null')]


def sqlite_store(path, rows):
    with contextlib.closing(SqliteClient(path)) as client:
        for step in sorted((ROOT / 'sql/migrations').glob('*/up.sql')):
            client.db.executescript(step.read_text())
        for setting in ('journal_mode = off', 'synchronous = off', 'foreign_keys = off', 'cache_size = -1000000', 'temp_store = memory'):
            client.run(f'pragma {setting}')
        later = indexes_of(client)
        for name, _ in later:
            client.run(f'drop index {name}')
        client.run('begin')
        fill('sqlite', client, rows)
        for _, sql in later:
            client.run(sql)
        client.run('commit')
        client.run('pragma journal_mode = wal')
    forget(path.parent)


class SqliteStore:
    """Opened as the product opens it: WAL, synchronous=FULL, a page cache of 38 MiB."""
    name = 'sqlite'

    def __init__(self, folder, rows):
        self.rows, self.path = rows, folder / 'sqlite/stagedoor.db'
        self.path.parent.mkdir()
        sqlite_store(self.path, rows)

    def restart(self):
        forget(self.path.parent)

    @contextlib.contextmanager
    def client(self):
        with contextlib.closing(SqliteClient(self.path)) as client:
            for setting in ('synchronous = full', 'foreign_keys = on', f'cache_size = -{38 << 10}', 'temp_store = memory'):
                client.run(f'pragma {setting}')
            yield client

    def ask(self, client, name, **values):
        return client.run(query('sqlite', name), values)

    def user_page(self, client, user, status=None):
        """A page of a user's reservations, by generations, as SqliteQueries reads it."""
        found, before = [], 1 << 62
        newest, page = query('sqlite', 'reservation/find_newest'), query('sqlite', 'reservation/find_reservations_of_user')
        while len(found) < PAGE and (rows := client.run(newest, {'before': before})):
            generation = rows[0][0] >> GENERATION_BITS
            found += client.run(page, {'generation': generation, 'user_id': user_key('sqlite', user), 'before': 1 << 62, 'limit': PAGE - len(found),
                                       'status': status})
            before = generation << GENERATION_BITS
        return found

    def seat(self, client, seat):
        return self.ask(client, 'reservation/find_reservation_taking_seat', seat_id=seat)

    def by_ids(self, client, ids):
        client.run('begin')  # as the lane loads the rows of a batch
        rows = [row for number in ids for row in self.ask(client, 'reservation/find_reservation', id=number)]
        client.run('commit')
        return rows

    def wallet(self, client, user):
        return self.ask(client, 'wallet/find_wallet', user_id=user_key('sqlite', user))

    def charge(self, client, user):
        client.run('begin immediate')
        (number, _, balance, seq), = rows = self.wallet(client, user)
        self.ask(client, 'wallet/update_wallet', id=number, stored_seq=seq, balance=balance + 1, seq=seq + 1)
        client.run('commit')
        return rows

    def count(self, client, name):
        return client.run(f'select count(*) from ({query(self.name, name)})')

    def plan(self, client, name):
        text = query('sqlite', name)
        return '\n'.join(row[3] for row in client.run('explain query plan ' + text, {word: 1 for word in re.findall(r'\$(\w+)', text)}))


class PostgresStore:
    name = 'postgres'

    def __init__(self, folder, rows, loading, normal):
        """`normal`: the settings of restart(); None: it does nothing."""
        self.rows, self.normal = rows, normal
        self.server = Postgres(folder / 'product', loading)
        with contextlib.closing(self.server.client()) as client:
            for step in sorted((ROOT / 'sql/migrations').glob('*/up.postgres.sql')):
                client.run(step.read_text())
            client.run('set statement_timeout = 0')
            client.run('set session_replication_role = replica')  # references are not checked
            indexes = client.run("select indexname, indexdef from pg_indexes where indexname like 'reservations_%' and indexname not like '%pkey'")
            for name, _ in indexes:
                client.run(f'drop index {name}')
            fill('postgres', client, rows)
            for _, definition in indexes:
                client.run(definition)
            client.run('vacuum (freeze, analyze)')

    def restart(self):
        if self.normal is not None:
            self.server.restart(self.normal, cold=True)

    @contextlib.contextmanager
    def client(self):
        with contextlib.closing(self.server.client()) as client:
            client.run('set statement_timeout = 0')
            yield client

    def user_page(self, client, user, status='null'):
        return client.run(bound(query('postgres', 'reservation/find_reservations_of_user'), user_id=user_key('postgres', user), before=str((1 << 62)),
                                status=f'{status}::smallint', limit=str(PAGE)))

    def seat(self, client, seat):
        return client.run(bound(query('postgres', 'reservation/find_reservation_taking_seat'), seat_ids=f'array[{seat}]::bigint[]'))

    def by_ids(self, client, ids):
        return client.run(bound(query('postgres', 'reservation/find_reservation'), ids=f"'{{{', '.join(map(str, ids))}}}'::bigint[]"))

    def wallet(self, client, user):
        return client.run(bound(query('postgres', 'wallet/find_wallet'), user_ids=f'array[{user_key("postgres", user)}]'))

    def charge(self, client, user):
        client.run('begin')
        (number, _, balance, seq), = rows = self.wallet(client, user)
        client.run(bound(query('postgres', 'wallet/update_wallet'), ids=f'array[{number}]::bigint[]', stored_seqs=f'array[{seq}]::bigint[]',
                         balances=f'array[{int(balance) + 1}]::bigint[]', seqs=f'array[{int(seq) + 1}]::bigint[]'))
        client.run('commit')
        return rows

    def count(self, client, name):
        return client.run(f'select count(*) from ({query(self.name, name)}) as all_rows')

    def plan(self, client, name):
        user = user_key('postgres', 1)
        values = {'user_id': user, 'before': str(1 << 62), 'status': 'null::smallint', 'limit': str(PAGE), 'seat_ids': 'array[1]::bigint[]',
                  'ids': 'array[1]::bigint[]', 'user_ids': f'array[{user}]'}
        return '\n'.join(row[0] for row in client.run('explain (analyze, buffers) ' + bound(query('postgres', name), **values)))


def asked_of(store):
    """name -> (what answers it, how many rows it must find or None, the statement whose plan is kept)."""
    rows = store.rows
    held = rows // 2 // 1000 * 1000
    user = user_of(held, rows)
    mine = [row for row in range(held % (rows // 10 - 1) or rows // 10 - 1, rows + 1, rows // 10 - 1)]  # i * 7919 comes round after so many
    unpaid = sum(row % 1000 == 0 for row in mine)
    lapsed = [row for row in range(10_000, rows + 1, 10_000)][:500]
    return {
        'user': (lambda client: store.user_page(client, user), len(mine), 'reservation/find_reservations_of_user'),
        'seat': (lambda client: store.seat(client, held), 1, 'reservation/find_reservation_taking_seat'),
        'unpaid': (lambda client: store.user_page(client, user, 0), unpaid, 'reservation/find_reservations_of_user'),
        'lapsed': (lambda client: store.by_ids(client, lapsed), len(lapsed), 'reservation/find_reservation'),
        'wallet': (lambda client: store.wallet(client, user), 1, 'wallet/find_wallet'),
        'charge': (lambda client: store.charge(client, user), 1, None),
        'dates': (lambda client: store.count(client, 'catalogue/list_dates'), 1, None),
        'start': (lambda client: store.count(client, 'reservation/list_taking_reservations'), 1, None)}


def timed(work, client):
    begin = time.perf_counter()
    found = work(client)
    return (time.perf_counter() - begin) * 1000, found


def ask_all(store, results, plans):
    for name, (work, expected, statement) in asked_of(store).items():
        store.restart()
        with store.client() as client:
            cold, found = timed(work, client)
            warm = [timed(work, client)[0] for _ in range(2 if name == 'start' else 5)]
            point = {'kind': 'product', 'engine': store.name, 'question': name, 'coldMs': cold, 'warmMs': warm, 'rows': store.rows,
                     'found': len(found), 'wrongRows': abs(len(found) - expected)}
            if statement:
                point['plan'] = f'product-{name}-{store.name}.txt'
                (plans / point['plan']).write_text(f'{TITLES[name]}\n\n{query(store.name, statement)}\n{store.plan(client, statement)}\n')
        results.add(point)
        say(f'  {NAMES[store.name]}, our schema: {TITLES[name]}: {cold:,.1f} ms restarted, {statistics.median(warm):,.2f} warm')


def heap(results, rows):
    """The part of lapsed holds that is in memory: of `rows` reservations 1 of 1,000 is a hold, or all are. 500 have come to their end."""
    if not LAPSED.exists():
        say(f'  the heap of holds is skipped, because {LAPSED.relative_to(ROOT)} is not built')
        return
    for holds in (max(10_000, rows // 1000), rows):
        done = json.loads(subprocess.run([LAPSED, str(holds)], check=True, capture_output=True, text=True).stdout)
        results.add({'kind': 'product', 'engine': 'memory', 'question': 'lapsed', 'holds': holds, 'warmMs': done['collectMs'], 'rows': rows, 'wrongRows': 0})
        say(f'  in memory: the next 500 of {holds:,} holds: {statistics.median(done["collectMs"]):.3f} ms')


def measure(folder, results, plans, options):
    from ten_million_rows import LOADING, NORMAL
    heap(results, options.rows)
    begin = time.monotonic()
    store = SqliteStore(folder, options.rows)
    say(f'· our schema on SQLite: {options.rows:,} rows, loaded in {time.monotonic() - begin:.0f} s')
    ask_all(store, results, plans)
    begin = time.monotonic()
    store = PostgresStore(folder, options.rows, LOADING['postgres'], None if options.quick else NORMAL['postgres'])
    with store.server:
        say(f'· our schema on PostgreSQL: {options.rows:,} rows, loaded in {time.monotonic() - begin:.0f} s')
        ask_all(store, results, plans)


def product_table(points):
    form = lambda value: f'{value:,.0f}' if value >= 100 else f'{value:,.3f}' if value < 1 else f'{value:,.1f}'
    lines = []
    for name, title in TITLES.items():
        cells = []
        for engine in ('sqlite', 'postgres'):
            here = next((point for point in points if point['engine'] == engine and point['question'] == name), None)
            warm = here and sorted(here['warmMs'])
            cells += [form(here['coldMs']), f'{form(statistics.median(warm))} ({form(warm[0])}–{form(warm[-1])})',
                      f'[plan](rows/{here["plan"]})' if here.get('plan') else ''] if here else ['–', '–', '']
        lines.append([title, *cells])
    for memory in (point for point in points if point['engine'] == 'memory'):
        warm = sorted(memory['warmMs'])
        lines.append([f'Lapsed holds: which 500, of {memory["holds"]:,} holds among {memory["rows"]:,} rows (in memory, whatever the store)', '–',
                      f'{form(statistics.median(warm))} ({form(warm[0])}–{form(warm[-1])})', '', 'the same', 'the same', ''])
    return table(['', 'SQLite restarted, ms', 'warm', '', 'PostgreSQL restarted, ms', 'warm', ''], lines)
