"""A sale under mixed load, for the studies of overload and of attacks: joins, polls and holds at once, each by a generator of its own."""
import json
import shutil
import subprocess
import time

import servers
from servers import Stagedoor, expect_only, load

EVENT = 1
DATES = 8
SEATS_PER_DATE = 100_000
BUYERS = 20_000
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


def start(port, *, connections, seconds, method='GET', target='/', headers=(), body='', cores=servers.LOAD_CORE, **options):
    """bench_load as a process under way."""
    command = [servers.LOAD, '--url', f'http://127.0.0.1:{port}', '--method', method, '--target', target,
               '--connections', connections, '--seconds', seconds]
    for header in headers:
        command += ['--header', header]
    if body:
        command += ['--body', body]
    for name, value in options.items():
        command += ['--' + name.replace('_', '-')] + ([] if value is True else [value])
    return subprocess.Popen(servers.pinned(cores, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, error = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(error)
    return json.loads(out)


def together(port, works):
    """Runs all works (name: arguments of start) at once and returns their reports by name."""
    running = {name: start(port, **work) for name, work in works.items()}
    try:
        return {name: finish(process) for name, process in running.items()}
    finally:
        for process in running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
