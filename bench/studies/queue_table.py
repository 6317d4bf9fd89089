"""R-L1 in the way of the seeds: a queue in a table of MariaDB 10.11. A join inserts a row, a place is the COUNT of waiting rows before it. Open
loop at rising rates: an iteration counts from its intended time of sending. InnoDB's own counters of each rate stand beside the times.

Three ways: join and status; the join alone; the join and a counter row that every join updates (one hot key)."""
import contextlib
import json
import pathlib
import statistics
import tempfile
import threading
import time

from report import BUSY, GREY, PAGES, Results, face, machine, parser, picture, say, table, version
from sql_servers import MariaServer, SqlError, TooSlow

RATES = (100, 500, 1000)
CONNECTIONS = 32
SEEDS = {'join and status': {500: {'meanMs': 12_700, 'successPercent': 97.14}}}  # measured elsewhere
GIVE_UP_S = 30  # an iteration that was not begun so long after its time has failed
SETTINGS = ['innodb-buffer-pool-size=1G', 'innodb-log-file-size=512M', 'max-connections=100']
JOIN = "insert into tokens (user_id, status, created_at) values ({}, 'WAITING', now(3))"
STATUS = "select count(*) from tokens where status = 'WAITING' and id < {}"
HOT = 'update counters set waiting = waiting + 1 where id = 1'
# Of information_schema.INNODB_METRICS, and of SHOW GLOBAL STATUS what is not in there.
# Of SHOW ENGINE INNODB STATUS after each point, kept in the JSON.
STATUS_LINES = ('Log sequence', 'Pending', 'hit rate', 'queries inside', 'History list')
METRICS = {'lock_row_lock_waits': 'row lock waits', 'lock_row_lock_time': 'ms waited for row locks', 'log_write_requests': 'log records',
           'Innodb_os_log_written': 'log bytes', 'Innodb_data_fsyncs': 'syncs',
           'buffer_pool_read_requests': 'pages asked of the buffer pool', 'buffer_pool_reads': 'pages read from disk'}


def iterate(client, way, user):
    if way == 'join and hot key':
        client.run('begin')
        client.run(JOIN.format(user))
        client.run(HOT)
        client.run('commit')
        return
    client.run(JOIN.format(user))
    if way == 'join and status':
        token = client.run('select last_insert_id()')[0][0]
        client.run(STATUS.format(token))


class OpenLoop:
    """Iterations at a fixed rate over a pool of connections, one thread each. Response times count from the intended time, so an iteration
    that waits for a free connection is as late as its user sees it."""

    def __init__(self, server, way, rate, seconds):
        self.way, self.rate, self.count = way, rate, round(rate * seconds)
        self.next, self.lock = 0, threading.Lock()
        self.took, self.failed = [], 0
        self.clients = [server.client() for _ in range(CONNECTIONS)]

    def run(self):
        threads = [threading.Thread(target=self.work, args=(client,)) for client in self.clients]
        self.begin, cpu = time.monotonic() + 0.05, time.process_time()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.elapsed = time.monotonic() - self.begin
        self.busy = (time.process_time() - cpu) / self.elapsed
        for client in self.clients:
            client.close()

    def work(self, client):
        while True:
            with self.lock:
                number, self.next = self.next, self.next + 1
            if number >= self.count:
                return
            intended = self.begin + number / self.rate
            now = time.monotonic()
            if now < intended:
                time.sleep(intended - now)
            elif now > intended + GIVE_UP_S:
                with self.lock:
                    self.failed += 1
                continue
            try:
                iterate(client, self.way, number)
            except (SqlError, TooSlow):
                with self.lock:
                    self.failed += 1
                continue
            with self.lock:
                self.took.append((time.monotonic() - intended) * 1000)


def prepare(client, waiting):
    client.run('drop table if exists tokens, counters')
    client.run('create table tokens (id bigint auto_increment primary key, user_id bigint not null, status varchar(10) not null, created_at datetime(3) not null, '
               'index (status))')
    client.run('create table counters (id int primary key, waiting bigint not null)')
    client.run('insert into counters values (1, 0)')
    if waiting:
        client.run(f"insert into tokens (user_id, status, created_at) select seq, 'WAITING', now(3) from seq_1_to_{waiting}")


def innodb(client):
    """The counters of METRICS, summed since the server started."""
    names = ', '.join(f"'{name}'" for name in METRICS)
    rows = client.run(f'select name, count from information_schema.innodb_metrics where name in ({names})')
    return {name: int(value) for name, value in rows + client.run(f'show global status where variable_name in ({names})') if name in METRICS}


def point_of(server, way, rate, seconds, waiting):
    with contextlib.closing(server.client()) as client:
        prepare(client, waiting)
        before = innodb(client)
        loop = OpenLoop(server, way, rate, seconds)
        loop.run()
        after = innodb(client)
        stored = int(client.run('select count(*) from tokens')[0][0]) - waiting
        status = client.run('show engine innodb status')[0][2]
    took = sorted(loop.took)
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))] if took else None
    return {'way': way, 'rate': rate, 'iterations': loop.count, 'failed': loop.failed, 'stored': stored, 'missing': len(took) - stored,
            'doneS': loop.elapsed, 'perS': len(took) / loop.elapsed, 'meanMs': statistics.fmean(took) if took else None, 'p50Ms': at(0.5), 'p95Ms': at(0.95),
            'p99Ms': at(0.99), 'maxMs': at(1), 'busy': loop.busy, 'innodb': {name: after[name] - before.get(name, 0) for name in after},
            'status': [line for line in status.splitlines() if any(word in line for word in STATUS_LINES)]}


def ms(value):
    return '–' if value is None else f'{value:,.0f}' if value >= 100 else f'{value:,.1f}'


def times_table(points):
    lines = []
    for point in points:
        hollow = ' (generator too busy)' if point['busy'] > BUSY else ''
        times = (ms(point[name]) for name in ('meanMs', 'p50Ms', 'p95Ms', 'p99Ms', 'maxMs'))
        lines.append([point['way'], f'{point["rate"]:,}', f'{point["perS"]:,.0f}', *times,
                      f'{100 * (1 - point["failed"] / point["iterations"]):.2f} %', f'{point["busy"]:.0%}{hollow}'])
    return table(['way', 'offered/s', 'done/s', 'mean ms', 'p50', 'p95', 'p99', 'max', 'done', 'generator busy'], lines)


def innodb_table(points):
    """Each counter over the iterations that were done: what one of them costs."""
    names = [name for name in METRICS if any(name in point['innodb'] for point in points)]
    done = lambda point: max(1, point['iterations'] - point['failed'])
    lines = [[point['way'], f'{point["rate"]:,}', *(f'{point["innodb"].get(name, 0) / done(point):,.2f}' for name in names)] for point in points]
    return table(['way', 'offered/s', *(METRICS[name] for name in names)], lines)


def lines_table(into):
    """The figures of our own lines at these rates, from the newest file that their study has left."""
    for path in (into / 'queue-lines.json', PAGES / 'queue-lines.json', PAGES / 'queue-load.json'):
        if path.exists():
            found = json.loads(path.read_text())
            points = [point for point in (found['points'] if isinstance(found, dict) else found) if point.get('rate') in RATES and 'iterationMs' in point]
            lines = [[point['label'], f'{point["rate"]:,}', *(ms(point['iterationMs'][name]) for name in ('mean', 'p50', 'p95', 'p99', 'max'))]
                     for point in points]
            return (f'Join and status, from `{path.name}`: another run than the tables above.\n\n'
                    + table(['line', 'offered/s', 'mean ms', 'p50', 'p95', 'p99', 'max'], lines))
    return 'Not measured here yet: `./x study queue --lines` does.'


def plot_of(points):
    def draw(pyplot, theme):
        figure, axis = pyplot.subplots(figsize=(8, 4.5))
        for number, way in enumerate(dict.fromkeys(point['way'] for point in points)):
            here = [point for point in points if point['way'] == way and point['meanMs']]
            axis.plot([point['rate'] for point in here], [point['meanMs'] for point in here], color=f'C{number}', label=way + ', mean')
            for point in here:
                axis.plot(point['rate'], point['meanMs'], 'o', color=f'C{number}', markerfacecolor=face(f'C{number}', theme, point['busy']))
        for rate, seed in SEEDS['join and status'].items():
            axis.plot(rate, seed['meanMs'], 's', color=GREY, label='join and status, mean, measured elsewhere')
        axis.set_yscale('log')
        axis.set_xlabel('iterations offered a second')
        axis.set_ylabel('milliseconds, logarithmic')
        axis.legend(frameon=False)
        return figure
    return draw


def sections(results, options):
    points = results.points
    missing = sum(abs(point['missing']) for point in points)
    return {'plot': picture('queue-seed', 'Mean response times of the three ways at rising rates, on a logarithmic scale'), 'times': times_table(points),
            'innodb': innodb_table(points), 'lines': lines_table(options.into),
            'checks': f'Rows stored against joins answered, over all points: {missing} apart.'}


def main(words):
    arguments = parser('queue-seed', __doc__)
    arguments.add_argument('--seed', action='store_true', help='this study, and not that of our own waiting room')
    arguments.add_argument('--seconds', type=float, default=60, help='of each point (60)')
    arguments.add_argument('--waiting', type=int, default=0, help='rows that wait already (0)')
    options = arguments.parse_args(words)
    rates = (100,) if options.quick else RATES
    options.seconds = 1 if options.quick else options.seconds
    if why := MariaServer.missing():
        say(f'skipped, because {why}')
        return 0
    results = Results('queue-seed', options, machine(MariaDB=version(MariaServer.program(), '--version')))
    with tempfile.TemporaryDirectory(prefix='stagedoor-queue-seed-', dir=options.folder) as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        with MariaServer(folder / 'mariadb', SETTINGS + ["innodb-monitor-enable=%"]) as server:
            with contextlib.closing(server.client('mysql')) as client:
                client.run('create database study')
            for way in ('join', 'join and hot key', 'join and status'):
                for rate in rates:
                    point = results.add(point_of(server, way, rate, options.seconds, options.waiting))
                    say(f'  {way} at {rate:,}/s: mean {ms(point["meanMs"])} ms, p99 {ms(point["p99Ms"])}, {point["failed"]} failed, '
                        f'generator busy {point["busy"]:.0%}')
    results.finish(sections(results, options), {} if options.quick else {'queue-seed': plot_of(results.points)})
    return 1 if any(point['missing'] for point in results.points) else 0
