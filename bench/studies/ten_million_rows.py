"""R-L4: what an index does at ten million rows. The same questions to PostgreSQL and MariaDB, before and after each index, restarted and
warm; then the product's own schema and statements on SQLite and PostgreSQL. Every way to ask must give the plain way's rows.

Takes a quarter to half an hour on two cores. Loading is without fsync; all that is timed has the settings of normal durability."""
import collections
import contextlib
import pathlib
import re
import shutil
import statistics
import tempfile
import time

import rows_product
from report import GREY, PAGES, Results, machine, parser, picture, say, spread, table, version
from rows_questions import FOUR, load, questions, sizes
from sql_servers import SLOWEST_S, MariaServer, Postgres, SqlError, TooSlow

LOADING = {'postgres': ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'wal_level=minimal', 'max_wal_senders=0', 'max_wal_size=8GB',
                        'shared_buffers=1GB', 'maintenance_work_mem=512MB', 'autovacuum=off'],
           'mariadb': ['innodb-flush-method=nosync', 'innodb-flush-log-at-trx-commit=0', 'innodb-doublewrite=0', 'innodb-buffer-pool-size=1G',
                       'innodb-log-file-size=2G', 'innodb-sort-buffer-size=64M']}
# What is timed. Memory and the size of the log are set, everything else is as it comes: a commit is on disk before it is answered.
NORMAL = {'postgres': ['shared_buffers=1GB', 'maintenance_work_mem=512MB', 'max_wal_size=8GB', 'autovacuum=off'],
          'mariadb': ['innodb-buffer-pool-size=1G', 'innodb-log-file-size=2G', 'innodb-sort-buffer-size=64M']}
NAMES = {'postgres': 'PostgreSQL', 'mariadb': 'MariaDB', 'sqlite': 'SQLite'}
WARM_ROUNDS, WARM_S = 5, 4  # so many warm runs, fewer of slow statements, but two


def timed(client, statements):
    """Milliseconds, and the rows of the last statement that had any."""
    begin, rows = time.perf_counter(), []
    for statement in statements:
        rows = client.run(statement) or rows
    return (time.perf_counter() - begin) * 1000, rows


def differing(rows, plain, columns):
    """How many rows a way gives too many or too few against the plain one, each counted as often as it comes."""
    one, other = (collections.Counter(row[:columns] for row in side) for side in (rows, plain))
    return ((one - other) + (other - one)).total()


def warm_runs(client, statements):
    took, begin = [], time.monotonic()
    while len(took) < WARM_ROUNDS and (len(took) < 2 or time.monotonic() - begin < WARM_S):
        took.append(timed(client, statements)[0])
    return took


class Engine:
    """One server with the tables. Knows which indexes there are."""

    def __init__(self, name, folder, rows, quick=False):
        self.name, self.rows, self.quick, self.there, self.built = name, rows, quick, set(), {}
        self.server = Postgres(folder, LOADING[name]) if name == 'postgres' else MariaServer(folder, LOADING[name])

    def load(self):
        if self.name == 'mariadb':
            with contextlib.closing(self.server.client('mysql')) as client:
                client.run('create database study')
        with contextlib.closing(self.server.client()) as client:
            client.run('set statement_timeout = 0' if self.name == 'postgres' else 'set max_statement_time = 0')
            for what, statement in load(self.name, self.rows):
                begin = time.monotonic()
                client.run(statement)
                if what:
                    say(f'  {NAMES[self.name]}: {what}, {time.monotonic() - begin:.1f} s')
            client.run('vacuum (freeze, analyze)' if self.name == 'postgres' else 'analyze table reservations, wallets, dates, events')

    def have(self, indexes):
        """Makes those that are missing and drops all others."""
        wanted = set(indexes)
        with contextlib.closing(self.server.client()) as client:
            client.run('set statement_timeout = 0' if self.name == 'postgres' else 'set max_statement_time = 0')
            for index in self.there - wanted:
                client.run(f'drop index {index.name}' + (f' on {index.table}' if self.name == 'mariadb' else ''))
            for index in sorted(wanted - self.there, key=lambda index: index.label):
                begin = time.monotonic()
                client.run(index.ddl(self.name))
                self.built[index.table, index.label] = (time.monotonic() - begin, self.size_of(client, index))
            if self.name == 'mariadb' and wanted - self.there:
                client.run('analyze table ' + ', '.join({index.table for index in wanted}))
            self.there = wanted

    def size_of(self, client, index):
        """MB."""
        if self.name == 'postgres':
            return int(client.run(f"select pg_relation_size('{index.name}')")[0][0]) / 1e6
        rows = client.run("select stat_value * @@innodb_page_size from mysql.innodb_index_stats where database_name = 'study' and "
                          f"index_name = '{index.name}' and stat_name = 'size'")
        return float(rows[0][0]) / 1e6 if rows else 0

    def restart(self, cold=False):
        """With normal settings. --quick does without: there restarted is warm, and nothing is synced."""
        if not self.quick:
            self.server.restart(NORMAL[self.name], cold)

    def plan(self, client, statements):
        """Text for a file."""
        how = 'explain (analyze, buffers) ' if self.name == 'postgres' else 'analyze format=json '
        parts = []
        for statement in statements:
            if statement.startswith('select'):
                rows = client.run(how + statement)
                parts.append(statement + ';\n\n' + '\n'.join(row[0] for row in rows))
            elif statement in ('begin', 'commit'):
                client.run(statement)
        return '\n\n'.join(parts) + '\n'


def steps(plan):
    """The ways into the tables that a plan takes, in a few words."""
    if 'QUERY PLAN' in plan or ' Scan ' in plan:
        return ', '.join(dict.fromkeys(re.findall(r'(?:Parallel )?(?:Seq|Index Only|Bitmap Heap|Index) Scan', plan)))
    found = []
    for access, rest in re.findall(r'"access_type": "(\w+)"(.*?)"r_rows"', plan, re.DOTALL):
        found.append({'ALL': 'all rows', 'index': 'whole index', 'index_merge': 'index merge'}.get(access, access)
                     + (' (index only)' if '"using_index": true' in rest else ''))
    return ', '.join(dict.fromkeys(found)) or 'none'


def ask(engine, question, variant, plain, plans):
    """A point: restarted, warm, plan, and how many rows are wrong. `plain` are the rows to compare with; None: this variant's are."""
    engine.have(variant.indexes)
    engine.restart(cold=True)
    point = {'kind': 'question', 'engine': engine.name, 'question': question.name, 'variant': variant.name, 'indexes': variant.label,
             'rows': engine.rows, 'why': variant.why, 'coldMs': None, 'warmMs': [], 'wrongRows': 0, 'found': 0}
    with contextlib.closing(engine.server.client()) as client:
        try:
            point['coldMs'], rows = timed(client, variant.statements)
            point['warmMs'] = warm_runs(client, variant.statements)
            text = engine.plan(client, variant.statements)
        except TooSlow:
            point['tooSlow'] = True
            return point, plain
    plain = rows if plain is None else plain
    point['found'], point['wrongRows'] = len(rows), differing(rows, plain, question.columns)
    number = question.variants.index(variant) + 1
    point['plan'], point['steps'] = f'{question.name}-{number}-{engine.name}.txt', steps(text)
    (plans / point['plan']).write_text(f'{question.title}: {variant.name}, {variant.label}\n{variant.why}\n\n{text}')
    return point, plain


def other_is_blocked(engine, question, variant):
    """Whether one charge that is not yet committed keeps a charge of another wallet waiting."""
    with contextlib.closing(engine.server.client()) as one, contextlib.closing(engine.server.client()) as other:
        other.run("set lock_timeout = '1s'" if engine.name == 'postgres' else 'set innodb_lock_wait_timeout = 1')
        for statement in variant.statements[:2]:
            one.run(statement)
        try:
            other.run(re.sub(r'user_id = (\d+)', lambda found: f'user_id = {int(found[1]) + 1}', variant.statements[1]))
            return False
        except SqlError:
            return True


def ask_all(engine, results, plans, chosen):
    for question in chosen:
        plain = None
        for variant in ordered(question):
            if engine.name not in variant.engines:
                continue
            point, plain = ask(engine, question, variant, plain, plans)
            if question.name == 'charge':
                point['blocksOthers'] = other_is_blocked(engine, question, variant)
            results.add(point)
            shown = f'more than {SLOWEST_S} s' if point.get('tooSlow') else f'{point["coldMs"]:,.1f} ms restarted, {statistics.median(point["warmMs"]):,.2f} warm'
            say(f'  {NAMES[engine.name]}: {question.title}: {variant.name}, {variant.label}: {shown}'
                + (f'  WRONG: {point["wrongRows"]} rows' if point['wrongRows'] else ''))


def ordered(question):
    """Without an index first: that is the plain way."""
    return sorted(question.variants, key=lambda variant: bool(variant.indexes))


# --- what four indexes cost -------------------------------------------------------------------------------------------------------------


def written(engine, client):
    """Bytes of log so far."""
    if engine.name == 'postgres':
        return int(client.run("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0][0])
    return int(client.run("show global status like 'Innodb_os_log_written'")[0][1])


def insert_rows(client, first, count, per_commit, rows):
    """Seconds for so many rows, of users and seats all over."""
    size, begin = sizes(rows), time.perf_counter()
    for start in range(first, first + count, per_commit):
        values = ', '.join(f"({i}, {1 + i * 611953 % size['users']}, {1 + i * 824389 % size['seats']}, false, timestamp '2026-06-01 12:05:00', 110000)"
                           for i in range(start, start + per_commit))
        client.run('insert into reservations values ' + values)
    return time.perf_counter() - begin


def write_cost(engine, results, quick):
    rounds, batch = (1, 200) if quick else (3, 10_000)
    first = engine.rows + 1
    for indexes in ((), FOUR):
        engine.have(indexes)
        engine.restart(cold=True)
        with contextlib.closing(engine.server.client()) as client:
            for per_commit, count in ((100, batch), (1, batch // 10)):
                took, log = [], written(engine, client)
                for _ in range(rounds):
                    took.append(count / insert_rows(client, first, count, per_commit, engine.rows))
                    first += count
                log = (written(engine, client) - log) / (rounds * count)
                results.add({'kind': 'writes', 'engine': engine.name, 'indexes': len(indexes), 'rowsPerCommit': per_commit, 'rowsPerS': took,
                             'logBytesPerRow': log})
                say(f'  {NAMES[engine.name]}: inserts, {len(indexes)} indexes, {per_commit} rows a commit: {statistics.median(took):,.0f} rows/s')


# --- tables and plots ---------------------------------------------------------------------------------------------------------------------


def ms(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:,.1f}' if value >= 10 else f'{value:,.2f}'


def warm(point):
    if point.get('tooSlow'):
        return f'> {SLOWEST_S * 1000:,}'
    values = sorted(point['warmMs'])
    low, middle, high = ms(values[0]), ms(statistics.median(values)), ms(values[-1])
    return middle if low == high else f'{middle} ({low}–{high})'


def question_table(question, points):
    lines = []
    for variant in ordered(question):
        here = {point['engine']: point for point in points if point['variant'] == variant.name and point['indexes'] == variant.label}
        if not here:
            continue
        cells = []
        for engine in ('postgres', 'mariadb'):
            point = here.get(engine)
            if not point:
                cells += ['–', '–', '–']
            elif point.get('tooSlow'):
                cells += [warm(point), '–', '–']
            else:
                cells += [ms(point['coldMs']), warm(point), f'[{point["steps"]}](rows/{point["plan"]})']
        wrong = sum(point['wrongRows'] for point in here.values())
        lines.append([variant.name, variant.label, *cells, variant.why + (f' **{wrong} rows wrong.**' if wrong else '')])
    before, after = question.seeds
    return (f'### {question.title}\n\n' + table(['statement', 'indexes', 'PostgreSQL restarted', 'warm', 'plan', 'MariaDB restarted', 'warm', 'plan', 'why'], lines)
            + f'\n\nMeasured elsewhere, in the projects that this one follows: {before:,} ms before, {after:,} ms after their index.')


def blocked_note(points):
    told = {True: 'waits', False: 'does not wait'}
    return 'While one charge is open, a charge of *another* wallet: ' + '; '.join(
        f'{NAMES[point["engine"]]}, {point["indexes"]}: {told[point["blocksOthers"]]}' for point in points if 'blocksOthers' in point) + '.'


def write_table(points):
    lines = []
    for engine in ('postgres', 'mariadb'):
        for per_commit in (100, 1):
            here = {point['indexes']: point for point in points if point['engine'] == engine and point['rowsPerCommit'] == per_commit}
            if len(here) == 2:
                none, four = here[0], here[4]
                lines.append([NAMES[engine], per_commit, spread(none['rowsPerS'], '{:,.0f}'), spread(four['rowsPerS'], '{:,.0f}'),
                              f'{statistics.median(none["rowsPerS"]) / statistics.median(four["rowsPerS"]):.1f} ×',
                              f'{none["logBytesPerRow"]:,.0f}', f'{four["logBytesPerRow"]:,.0f}'])
    return table(['', 'rows a commit', 'rows/s, no index', 'rows/s, four', 'slower', 'log bytes a row, no index', 'four'], lines)


def build_table(points):
    indexes = dict.fromkeys((point['table'], point['index']) for point in points)
    lines = []
    for index in indexes:
        cells = []
        for engine in ('postgres', 'mariadb'):
            here = next((point for point in points if (point['table'], point['index']) == index and point['engine'] == engine), None)
            cells += [f'{here["seconds"]:.1f}', f'{here["mb"]:,.1f}'] if here else ['–', '–']
        lines.append([index[0], index[1], *cells])
    return table(['table', 'index', 'PostgreSQL: s to build', 'MB', 'MariaDB: s to build', 'MB'], lines)


def best_and_plain(points):
    """Warm medians without an index and of the best way."""
    known = [point for point in points if not point.get('tooSlow')]
    plain = [statistics.median(point['warmMs']) for point in known if point['indexes'] == 'no index']
    return (min(plain), min(statistics.median(point['warmMs']) for point in known)) if plain else None


def plot_of(asked, points):
    def draw(pyplot, theme):
        figure, axis = pyplot.subplots(figsize=(9, 4.6))
        engines = [engine for engine in ('postgres', 'mariadb') if any(point['engine'] == engine for point in points)]
        for row, question in enumerate(asked):
            before, after = question.seeds
            axis.plot([before, after], [row + 0.25] * 2, color=GREY, marker='o', markersize=5, label='measured elsewhere: before, after' if not row else None)
            for number, engine in enumerate(engines):
                found = best_and_plain([point for point in points if point['engine'] == engine and point['question'] == question.name])
                if found:
                    axis.plot(found, [row - 0.2 * number] * 2, color=f'C{number}', marker='o', markersize=5,
                              label=f'{NAMES[engine]}: no index, best way' if not row else None)
        axis.set_xscale('log')
        axis.set_yticks(range(len(asked)), [question.title for question in asked])
        axis.set_ylim(len(asked) - 0.4, -0.6)
        axis.set_xlabel('milliseconds, warm, logarithmic')
        axis.legend(loc='lower center', bbox_to_anchor=(0.4, 1), ncols=3, frameon=False)
        return figure
    return draw


def sections(results, asked):
    points = results.points
    of = lambda kind: [point for point in points if point['kind'] == kind]
    text = '\n\n'.join(question_table(question, [point for point in of('question') if point['question'] == question.name])
                       + ('\n\n' + blocked_note(of('question')) if question.name == 'charge' else '') for question in asked)
    checked = [point for point in of('question') if not point.get('tooSlow')]
    wrong = sum(point['wrongRows'] > 0 for point in checked)
    return {'plot': picture('rows', 'Each question without an index and in its best way, on a logarithmic scale'), 'questions': text,
            'checks': f'{results.options.rows:,} rows a table; {len(checked)} ways were compared with the plain way, row by row; {wrong} gave other rows.',
            'writes': write_table(of('writes')), 'builds': build_table(of('build')), 'product': rows_product.product_table(of('product'))}


def measure(engine, results, plans, asked, quick):
    say(f'· {NAMES[engine.name]}: loading')
    engine.load()
    engine.restart()
    ask_all(engine, results, plans, asked)
    write_cost(engine, results, quick)
    for (of, label), (seconds, mb) in engine.built.items():
        results.add({'kind': 'build', 'engine': engine.name, 'table': of, 'index': label, 'seconds': seconds, 'mb': mb})


def main(words):
    arguments = parser('rows', __doc__)
    arguments.add_argument('--rows', type=int, default=10_000_000, help='of each large table (10,000,000)')
    arguments.add_argument('--only', choices=('postgres', 'mariadb', 'product'), action='append', help='leave the others out')
    options = arguments.parse_args(words)
    if options.quick:
        options.rows = 10_000
    if options.rows < 10_000:
        arguments.error('--rows: at least 10,000')
    parts = options.only or ['postgres', 'mariadb', 'product']
    if 'mariadb' in parts and MariaServer.missing():
        say(f'MariaDB is skipped, because {MariaServer.missing()}')
        parts.remove('mariadb')
    results = Results('rows', options, {**machine(PostgreSQL=version('psql', '--version'), MariaDB=version(MariaServer.program() or 'mariadbd', '--version'),
                                                  SQLite=rows_product.sqlite_version()), 'rows': options.rows})
    plans = options.into / 'rows'
    shutil.rmtree(plans, ignore_errors=True)
    plans.mkdir(parents=True)
    asked = questions(options.rows)
    with tempfile.TemporaryDirectory(prefix='stagedoor-rows-', dir=options.folder) as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        for name in ('postgres', 'mariadb'):
            if name in parts:
                engine = Engine(name, folder / name, options.rows, options.quick)
                with engine.server:
                    measure(engine, results, plans, asked, options.quick)
                shutil.rmtree(folder / name)  # the next one needs the disk
        if 'product' in parts:
            rows_product.measure(folder, results, plans, options)
    results.finish(sections(results, asked), {} if options.quick else {'rows': plot_of(asked, [point for point in results.points if point['kind'] == 'question'])})
    if options.publish:
        shutil.rmtree(PAGES / 'rows', ignore_errors=True)
        shutil.copytree(plans, PAGES / 'rows')
    wrong = [point for point in results.points if point.get('wrongRows')]
    for point in wrong:
        say(f'WRONG: {point["engine"]}: {point["question"]}, {point["variant"]}, {point["indexes"]}: {point["wrongRows"]} rows')
    return 1 if wrong else 0
