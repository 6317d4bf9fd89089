#!/usr/bin/env python3
"""What others make of the API document (R-X8): a generated client buys a seat, and a generator of requests finds no answer that the
document does not describe. Both come from PyPI (requirements.txt), into build/clients, where ./x test puts them."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import report
import server

TOOLS = server.ROOT / 'build/clients/bin'
KEY = 'clients-test-key-0123456789'
CATALOGUE = '''
layouts:
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Winter Club Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000000, active_ttl: 30m, poll_min: 0s}
    policy: {seats_per_user: 1000}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 110000}}
'''


def missing(tool):
    return '' if (TOOLS / tool).exists() else f'{tool} of PyPI is not there: ./x test fetches it where PyPI can be reached'


class WithServer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / 'catalogue.yaml').write_text(CATALOGUE)
        running = server.Server(self.folder, '--catalogue.file=catalogue.yaml', f'--admin.keys=olga:owner:{KEY}', '--limits.keys=0')
        self.url = running.__enter__().url
        self.addCleanup(running.__exit__)

    def run_tool(self, *command, timeout):
        environment = {**os.environ, 'PATH': f"{TOOLS}:{os.environ['PATH']}", 'PYTHONPATH': str(self.folder)}
        return subprocess.run([str(word) for word in command], cwd=self.folder, env=environment, capture_output=True, text=True,
                              timeout=timeout)

    def token(self):
        """Of a new fan, without the word Bearer."""
        request = urllib.request.Request(f'{self.url}/queue', json.dumps({'userId': str(uuid.uuid4()), 'eventId': 1}).encode(),
                                         {'Content-Type': 'application/json'})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)['data']['token'].removeprefix('Bearer ')


@unittest.skipIf(missing('openapi-python-client'), missing('openapi-python-client'))
class GeneratedClient(WithServer):
    def test_buys_a_seat(self):  # R-X8
        with urllib.request.urlopen(f'{self.url}/openapi.json') as answer:
            (self.folder / 'openapi.json').write_bytes(answer.read())
        made = self.run_tool(TOOLS / 'openapi-python-client', 'generate', '--path', 'openapi.json', '--meta', 'none',
                             '--output-path', 'stagedoor_client', timeout=120)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        left_out = re.findall(r'WARNING parsing (.*) within', made.stdout + made.stderr)
        self.assertEqual(left_out, ['GET /events/reservations/{id}/ticket.svg', 'POST /admin/import'], 'no images, no YAML; it knows all other calls')
        bought = self.run_tool(TOOLS / 'python', HERE / 'buy_with_client.py', self.url, timeout=60)
        self.assertEqual(bought.returncode, 0, bought.stdout + bought.stderr)
        self.assertIn('bought seat', bought.stdout)


@unittest.skipUnless(os.environ.get('STAGEDOOR_TEST_LONG') == '1', 'STAGEDOOR_TEST_LONG=1 runs it')
@unittest.skipIf(missing('schemathesis'), missing('schemathesis'))
class GeneratedRequests(WithServer):
    # Streams do not end. No schema says all that a request has to be: an end after its begin, an amount within a setting.
    OPTIONS = ('--exclude-path-regex', 'stream$', '--exclude-checks', 'positive_data_acceptance', '--max-examples', '10',
               '--generation-database', 'none', '--seed', '1', '--request-timeout', '10', '--workers', '1', '--no-color')

    def assert_finds_nothing(self, *headers, options=()):
        options = [*options, *(word for header in headers for word in ('--header', header))]
        found = self.run_tool(TOOLS / 'schemathesis', 'run', f'{self.url}/openapi.json', *self.OPTIONS, *options,
                              timeout=600)
        self.assertEqual(found.returncode, 0, found.stdout[-20000:] + found.stderr)

    def test_with_an_operators_key_find_nothing(self):
        self.assert_finds_nothing(f'Authorization: Bearer {KEY}')

    def test_with_a_fans_token_find_nothing(self):
        self.assert_finds_nothing(f'Authorization: Bearer {self.token()}')

    def test_with_both_find_nothing(self):
        # Where one proof is spoilt, the other one still counts.
        self.assert_finds_nothing(f'Authorization: Bearer {KEY}', f'queue-token: {self.token()}',
                                  options=('--exclude-checks', 'positive_data_acceptance,ignored_auth'))


if __name__ == '__main__':
    report.main()
