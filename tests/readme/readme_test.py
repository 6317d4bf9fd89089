#!/usr/bin/env python3
"""What the documents show, as it stands there: the booking of the README and the opening of docs/operations.md against a real
server with the demo catalogue, the verifier of docs/draw.md against its test vectors."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / 'tidy')]
import checks
import report
import server

ADDRESS = 'http://127.0.0.1:8080'


class Readme(unittest.TestCase):
    def test_whole_booking_in_curl_ends_with_a_paid_seat(self):
        block, = (block for block in checks.code_blocks((server.ROOT / 'README.md').read_text(), 'bash') if '/queue' in block)
        self.assertIn(ADDRESS, block)
        with tempfile.TemporaryDirectory() as folder:
            catalogue = server.ROOT / 'demo/catalogue.yaml'
            with server.Server(folder, f'--catalogue.file={catalogue}') as running:
                shell = subprocess.run(['bash', '-euo', 'pipefail', '-c', block.replace(ADDRESS, running.url)],
                                       capture_output=True, text=True, timeout=120)
            audit = server.run('audit', folder=folder)
        self.assertEqual(shell.returncode, 0, shell.stdout + shell.stderr)
        said = shell.stdout.splitlines()
        self.assertEqual(said[0], 'NOT_ENOUGH_BALANCE', shell.stdout)
        self.assertIn('PAID', said)
        self.assertIn('"type":"USE"', said[-1])
        self.assertEqual(running.exit_code, 0)
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_run_it_for_real_means_one_store_in_every_line(self):
        texts = [(server.ROOT / name).read_text() for name in ('README.md', 'README.ko.md')]
        blocks = [block for text in texts for block in checks.code_blocks(text, 'bash') if 'STAGEDOOR_STORE_URL' in block]
        self.assertEqual(len(blocks), 2)
        self.assertEqual(blocks[0], blocks[1])
        block = blocks[0]
        port = server.free_port()
        for there, here in (('demo/catalogue.yaml', server.ROOT / 'demo/catalogue.yaml'), ('--event 2', '--event 1'),
                            (' crowd ', f' crowd --url http://127.0.0.1:{port} '), ('build/release/stagedoor', server.BINARY)):
            self.assertIn(there, block)
            block = block.replace(there, str(here))
        with tempfile.TemporaryDirectory() as folder:
            environment = {**server.clean_environment(), 'STAGEDOOR_HTTP_LISTEN': f'127.0.0.1:{port}'}
            shell = subprocess.run(['bash', '-euo', 'pipefail', '-mc', block], cwd=folder, env=environment,
                                   capture_output=True, text=True, timeout=120)
            files = {path.name for path in pathlib.Path(folder).iterdir()}
        self.assertEqual(shell.returncode, 0, shell.stdout + shell.stderr)
        self.assertIn('No answer broke a rule.', shell.stdout)
        self.assertIn('The room was fair.', shell.stdout)
        self.assertIn('The store is clean', shell.stdout)
        self.assertEqual({name for name in files if not name.startswith('sale.db')}, {'copy.db'})

    def test_opening_in_a_minute_is_rehearsed_with_a_fair_draw(self):
        text = (server.ROOT / 'docs/operations.md').read_text()
        block, = (block for block in checks.code_blocks(text, 'bash') if '--prequeue' in block)
        for there, here in (('+60 seconds', '+5 seconds'), ('--prequeue 2000', '--prequeue 200'), ('$(./x key)', 'k' * 32),
                            ('build/release/stagedoor', server.BINARY)):
            self.assertIn(there, block)
            block = block.replace(there, here)
        with tempfile.TemporaryDirectory() as folder:
            catalogue = server.ROOT / 'demo/catalogue.yaml'
            with server.Server(folder, f'--catalogue.file={catalogue}', f'--admin.keys=demo:owner:{"k" * 32}') as running:
                block = block.replace(ADDRESS, running.url).replace(' crowd ', f' crowd --url {running.url} ')
                shell = subprocess.run(['bash', '-euo', 'pipefail', '-c', block], capture_output=True, text=True, timeout=120)
        self.assertEqual(shell.returncode, 0, shell.stdout + shell.stderr)
        self.assertIn('200 took part', shell.stdout)
        self.assertIn('No answer broke a rule.', shell.stdout)


class Draw(unittest.TestCase):
    """R-Q13; that the program comes to the same vectors: src/protocol/draw_test.cpp."""

    def test_verifier_of_the_page_comes_to_its_vectors_which_are_those_of_the_program(self):
        page = (server.ROOT / 'docs/draw.md').read_text()
        vectors = json.loads(checks.code_blocks(page, 'json')[0])
        verifier = {'__name__': 'verifier'}
        exec(checks.code_blocks(page, 'python')[0], verifier)
        seed = b'0123456789abcdef0123456789abcdef'
        digest = verifier['digest']([(uuid.UUID(int=n), 1800000000000 + n) for n in range(1, 11)])
        key = verifier['key'](seed, digest)
        self.assertEqual(vectors, {
            'event': 7,
            'commitment': verifier['commitment'](seed, 7).hex(),
            'digest': digest.hex(),
            'key': key.hex(),
            'keyWithBeacon31415': verifier['key'](seed, digest, '31415').hex(),
            'order': verifier['order'](key, 10)})
        program = (server.ROOT / 'src/protocol/draw_test.cpp').read_text()
        for name in ('commitment', 'digest', 'key', 'keyWithBeacon31415'):
            self.assertIn(vectors[name], program, name)
        self.assertIn(', '.join(map(str, vectors['order'])), program)


if __name__ == '__main__':
    report.main()
