#!/usr/bin/env python3
"""A ticket of the real program, read by the lines for gates in docs/tickets.md with WebCrypto alone (R-P7)."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / 'tidy')]
import checks
import report
import server
from server import call

SALE = """
events:
  - id: 1
    name: Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 100, poll_min: 0s}
    dates: [{id: 1, starts_at: 2096-02-01T19:00:00Z, prices: {Standard: 1000}}]
"""


@unittest.skipUnless(shutil.which('node'), 'node is not installed')
class GateWithoutNetwork(unittest.TestCase):
    def buy(self, url):
        """The answer to the owner of a paid reservation who asks for the ticket."""
        user = str(uuid.uuid4())
        token = call(url + '/queue', 'POST', {'userId': user, 'eventId': 1})[1]['data']['token'].removeprefix('Bearer ')
        server.wait_until('the turn begins', lambda: call(url + '/queue', token=token)[1]['data']['status'] == 'ACTIVATED')
        self.assertEqual(call(f'{url}/users/{user}/balance/charge', 'PUT', {'amount': 1000}, token)[0], 200)
        seats = call(f'{url}/events/properties/1/seats', token=token)[1]['data']['seat']
        status, held = call(url + '/events/seats', 'POST', {'userId': user, 'seatId': seats[0]['id']}, token)
        self.assertEqual(status, 201, held)
        path = f"{url}/events/reservations/{held['data']['id']}"
        self.assertEqual(call(path + '/pay', 'PUT', {}, token)[0], 200)
        return call(path + '/ticket', token=token)[1]['data']

    def test_the_lines_for_gates_read_a_ticket_and_refuse_changed_ones_R_P7(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / 'sale.yaml').write_text(SALE)
            with server.Server(folder, '--catalogue.file=sale.yaml') as running:
                ticket, keys = self.buy(running.url), call(running.url + '/.well-known/jwks.json')[1]
        [lines] = checks.code_blocks((server.ROOT / 'docs/tickets.md').read_text(), 'js')
        text = ticket['ticket']
        others = [text[:at] + ('B' if text[at] == 'A' else 'A') + text[at + 1:] for at in range(len(text))]
        asked = [[text, 1], [text, 2], *([other, 1] for other in others), ['', 1], [text + 'A', 1]]
        script = (f'import {{ webcrypto as crypto }} from "node:crypto";\n{lines}\n'
                  f'const answers = []; for (const [text, date] of {json.dumps(asked)}) answers.push(await read(text, {json.dumps(keys["keys"])}, date));\n'
                  'console.log(JSON.stringify(answers));')
        done = subprocess.run(['node', '--input-type=module', '--no-warnings', '-e', script], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        first, *rest = json.loads(done.stdout)
        self.assertEqual(first, {'serial': ticket['serial'], 'reservation': ticket['reservationId'], 'seat': ticket['seatId']})
        self.assertEqual(rest, [None] * len(rest))


if __name__ == '__main__':
    report.main()
