#!/usr/bin/env python3
"""The program with its line on a real Redis, as operators and fans meet it (R-Q18)."""
import contextlib
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / 'tidy')]
import report
import server
from server import call, wait_until

CATALOGUE = f"--catalogue.file={server.ROOT / 'demo/catalogue.yaml'}"


class Redis:
    """A server of the test's own on a free port. `options`: '--appendonly', 'yes'."""

    def __init__(self, folder, *options):
        self.folder, self.options, self.port = folder, options, server.free_port()
        self.url = f'redis://127.0.0.1:{self.port}'

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen(['redis-server', '--port', str(self.port), '--bind', '127.0.0.1', '--dir', str(self.folder),
                                         '--save', '', *self.options], stdout=subprocess.DEVNULL)
        wait_until('Redis answers', lambda: self.ask('ping') == 'PONG')

    def ask(self, *words):
        return subprocess.run(['redis-cli', '-p', str(self.port), *words], capture_output=True, text=True, timeout=10).stdout.strip()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_):
        self.stop()


@unittest.skipUnless(shutil.which('redis-server') and shutil.which('redis-cli'), 'redis-server is not installed')
class LineOnRedis(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.redis = self.enterContext(Redis(self.folder, '--appendonly', 'yes'))

    def serve(self, *settings, room=None):
        return server.Server(self.folder, CATALOGUE, f'--room.url={room or self.redis.url}', *settings)

    def run_program(self, *arguments, room=None):
        return server.run(*arguments, f'--room.url={self.redis.url if room is None else room}', folder=self.folder)

    def join(self, running, user, expected=201):
        status, said = call(running.url + '/queue', 'POST', {'userId': user, 'eventId': 1})
        self.assertEqual(status, expected, said)
        return said['data']['token'].removeprefix('Bearer ') if 'data' in said else said

    def status_of(self, running, token):
        status, said = call(running.url + '/queue', token=token)
        self.assertEqual(status, 200, said)
        return said['data']['status']

    def test_a_fan_is_told_while_the_log_is_away_and_everything_else_goes_on(self):
        one, two = str(uuid.uuid4()), str(uuid.uuid4())
        with self.serve() as running:
            token = self.join(running, one)
            wait_until('the fan is inside', lambda: self.status_of(running, token) == 'ACTIVATED')
            self.redis.stop()
            refusal = self.join(running, two, 503)
            self.assertEqual(refusal['code'], 'STORE_UNAVAILABLE')
            self.assertIn('New places are not given at the moment', refusal['message'])
            self.assertIn('if you have a place, it is kept', refusal['message'])
            self.join(running, one, 200)
            self.assertEqual(self.status_of(running, token), 'ACTIVATED')
            dates = call(running.url + '/events/1/dates', token=token)[1]['data']
            seats = call(f"{running.url}/events/properties/{dates[0]['id']}/seats", token=token)[1]['data']['seat']
            free = [seat['id'] for seat in seats if seat['status'] == 'AVAILABLE']
            status, said = call(running.url + '/events/seats', 'POST',
                                {'userId': one, 'seatIds': free[:1]}, token=token)
            self.assertEqual(status, 201, said)
            self.redis.start()
            wait_until('places are given again', lambda: call(running.url + '/queue', 'POST', {'userId': two, 'eventId': 1})[0] == 201)

    def test_places_outlive_a_restart_and_reports_know_them(self):
        users = [str(uuid.uuid4()) for _ in range(20)]
        with self.serve() as running:
            tokens = [self.join(running, user) for user in users]
            for command in (('audit',), ('fairness', '--event', '1', '--joins', 'joins.csv')):
                judged = self.run_program(*command)
                self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)
            self.assertEqual([line.split(',')[1] for line in (self.folder / 'joins.csv').read_text().splitlines()[1:]], users)
        with self.serve() as running:
            for user, token in zip(users, tokens):
                self.join(running, user, 200)
                self.status_of(running, token)
        backup = self.run_program('backup', 'copy.db')
        self.assertEqual(backup.returncode, 0, backup.stderr)
        self.assertIn(self.redis.url, backup.stderr)
        self.redis.stop()
        for command in (('audit',), ('fairness', '--event', '1')):
            judged = self.run_program(*command)
            self.assertEqual((judged.returncode, judged.stdout), (2, ''), judged.stderr)
        with self.assertRaisesRegex(RuntimeError, 'ended before it listened'):
            self.serve().__enter__()

    def schema_needed(self):
        with contextlib.closing(sqlite3.connect(self.folder / 'stagedoor.db')) as store:
            return store.execute("SELECT value FROM meta WHERE name = 'schema_needed'").fetchone()[0]

    def test_a_store_has_one_line(self):
        with tempfile.TemporaryDirectory() as folder, Redis(folder) as other:
            with self.serve() as running:
                self.join(running, str(uuid.uuid4()))
            for room in ('', other.url):
                for command in (('serve', '--http.listen=127.0.0.1:0'), ('audit',), ('import', str(server.ROOT / 'demo/catalogue.yaml'))):
                    refused = self.run_program(*command, room=room)
                    self.assertIn(refused.returncode, (1, 2), command)
                    self.assertIn(f'set room.url to {self.redis.url}', refused.stderr, command)
            self.assertEqual(other.ask('keys', '*'), '', 'nothing was written there')
            self.assertEqual(self.schema_needed(), 16, 'a program of the version before would not know the places')
            with self.serve() as running:
                self.join(running, str(uuid.uuid4()))

    def test_a_line_in_the_store_stays_there_while_people_have_places(self):
        with server.Server(self.folder, CATALOGUE) as running:
            self.join(running, str(uuid.uuid4()))
        refused = self.run_program('serve', '--http.listen=127.0.0.1:0')
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('leave room.url empty', refused.stderr)
        self.assertLess(self.schema_needed(), 16)
        with server.Server(self.folder) as running:
            self.join(running, str(uuid.uuid4()))

    def test_what_a_wiped_log_had_is_put_back(self):
        users = [str(uuid.uuid4()) for _ in range(30)]
        with self.serve() as running:
            tokens = [self.join(running, user) for user in users]
            self.redis.ask('flushall')
            wait_until('the places are back', lambda: self.redis.ask('xlen', '{event:1}:line') == '30')
            tokens.append(self.join(running, str(uuid.uuid4())))
        with self.serve() as running:
            for user in users:
                self.join(running, user, 200)
            for token in tokens:
                self.status_of(running, token)
            audit = self.run_program('audit')
            self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_a_place_that_nobody_knows_any_more_is_that_of_its_token(self):
        users = [str(uuid.uuid4()) for _ in range(3)]
        with self.serve() as running:
            tokens = [self.join(running, user) for user in users]
        self.redis.ask('flushall')
        with self.serve() as running:  # after the five seconds that it leaves to others
            new = self.join(running, str(uuid.uuid4()))
            self.assertEqual({self.status_of(running, token) for token in tokens[:2]} - {'CREATED', 'ACTIVATED'}, set())
            wait_until('the log has them again', lambda: self.redis.ask('xlen', '{event:1}:line') == '3')
        with self.serve() as running:
            for token in (tokens[0], tokens[1], new):
                self.status_of(running, token)
            self.join(running, users[0], 200)
            audit = self.run_program('audit')
            self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_metrics_say_whether_the_log_is_there(self):
        def metrics(running):
            with urllib.request.urlopen(running.url + '/metrics', timeout=10) as answer:
                return dict(line.rsplit(' ', 1) for line in answer.read().decode().splitlines() if line.startswith('stagedoor_line_'))
        with self.serve() as running:
            self.join(running, str(uuid.uuid4()))
            wait_until('the join is counted', lambda: metrics(running).get('stagedoor_line_joins_total{outcome="placed"}') == '1')
            self.assertEqual(metrics(running)['stagedoor_line_log_up'], '1')
            self.redis.process.send_signal(signal.SIGSTOP)
            try:
                wait_until('the log is missed', lambda: metrics(running)['stagedoor_line_log_up'] == '0')
            finally:
                self.redis.process.send_signal(signal.SIGCONT)
            wait_until('the log is back', lambda: metrics(running)['stagedoor_line_log_up'] == '1')


if __name__ == '__main__':
    report.main()
