"""A sale under mixed load, for the studies of overload and of attacks: joins, polls and holds at once, each by a generator of its own."""
import json
import shutil
import time

from servers import Stagedoor, expect_only, finish_load, load, start_load

EVENT = 1
DATES = 8
SEATS_PER_DATE = 100_000
BUYERS = 20_000
CONNECTIONS = {'join': 64, 'poll': 64, 'hold': 128}  # of the peak
CATALOGUE = '''layouts:
  field:
    sections:
      - {name: A, rows: 500, seats_per_row: 200, category: Field}
events:
  - id: 1
    name: Open Field
    performer: The Understudies
    venue: Bench Hall
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: interval, people: 1000000, every: 1s, active_ttl: 12h, visit_max: 12h, presence_timeout: 12h, poll_min: 0s}
    policy: {seats_per_user: 100000, hold_ttl: 5h}
    dates:
''' + ''.join(f"      - {{id: {1000 + i}, starts_at: 2096-02-0{1 + i}T00:00:00Z, layout: field, prices: {{Field: 50000}}}}\n" for i in range(DATES))


class Sale:
    """A store with dates of 100,000 seats and fans inside; and their tokens as a file for bench_load: user, token."""

    def __init__(self, folder):
        self.folder = folder / 'sale'
        self.folder.mkdir()
        self.catalogue = self.folder / 'sale.yaml'
        self.catalogue.write_text(CATALOGUE)
        with Stagedoor(self.folder, self.catalogue) as server:
            self.fans = self.join(server, BUYERS)
            token = self.fans.read_text().splitlines()[-1].split('\t')[1]
            while server.ask('GET', '/queue', token)['status'] != 'ACTIVATED':
                time.sleep(0.1)
            ids = [seat['id'] for i in range(DATES)
                   for seat in server.ask('GET', f'/events/properties/{1000 + i}/seats', token)['seat']]
            self.first_seat, self.seats = min(ids), max(ids) - min(ids) + 1

    def join(self, server, count):
        answers, values = self.folder / 'answers', self.folder / 'fans'
        expect_only(load(server.port, connections=256, requests=count, method='POST', target='/queue',
                         body=f'{{"userId":"{{uuid}}","eventId":{EVENT}}}', answers=answers), '201')
        places = (json.loads(line)['data'] for line in answers.open())
        values.write_text(''.join(f"{place['userId']}\t{place['token']}\n" for place in places))
        answers.unlink()
        return values

    def copy(self, folder, settings=()):
        """A server on a copy of the store, as freshly started."""
        folder.mkdir()
        for file in self.folder.iterdir():
            if file.name.startswith('stagedoor.db'):
                shutil.copy2(file, folder)
        return Stagedoor(folder, settings=settings)

    def requests(self):
        """The work of honest fans, by name: what bench_load needs for it."""
        return {
            'join': dict(method='POST', target='/queue', first=time.time_ns() // 1000,
                         body=f'{{"userId":"{{uuid}}","eventId":{EVENT}}}'),
            'poll': dict(target='/queue', headers=['Authorization: {2}'], values=self.fans),
            'hold': dict(method='POST', target='/events/seats', headers=['Authorization: {2}'], values=self.fans,
                         body='{"seatId":{s},"userId":"{1}"}', scatter_first=self.first_seat, scatter_count=self.seats,
                         scatter_piece=SEATS_PER_DATE)}

    def closed_loop(self, seconds):
        """Honest fans who send when they are answered: the peak."""
        return {name: dict(connections=CONNECTIONS[name], **timing(seconds), **request) for name, request in self.requests().items()}

    def open_loop(self, seconds, rates, connections):
        """Honest fans who send at these rates (name: requests a second), answered or not. Who finds no free connection for 20 ms
        gives up, as at a server that has as many connections as it may."""
        return {name: dict(connections=connections, patience=20, rate=max(1, rates[name]), **timing(seconds), **request)
                for name, request in self.requests().items()}


def timing(seconds):
    return dict(seconds=seconds, warm_up=min(2, seconds / 4))


def together(port, works):
    """Runs all works (name: arguments of start_load) at once and returns their reports by name."""
    running = {name: start_load(port, **work) for name, work in works.items()}
    try:
        return {name: finish_load(process) for name, process in running.items()}
    finally:
        for process in running.values():
            if process.poll() is None:
                process.kill()
                process.wait()


def summary(reports):
    """What all works of together() reached; goodput is what was accepted."""
    accepted = {name: report['acceptedPerSecond'] for name, report in reports.items()}
    p99 = {name: report.get('acceptedUs', {}).get('p99', 0) / 1000 for name, report in reports.items()}
    answers = {}
    for report in reports.values():
        for name, count in report['answers'].items():
            answers[name] = answers.get(name, 0) + count
    return {'accepted': accepted, 'goodput': sum(accepted.values()), 'acceptedP99Ms': p99, 'answers': answers,
            'generatorBusy': max(report['busy'] for report in reports.values())}
