#!/usr/bin/env python3
"""The pages in a real browser: Debian's Chromium, driven by playwright-core (package.json here, fetched by ./x test)."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import report
import server

KEY = 'browser-test-key-0123456789'
CATALOGUE = '''
layouts:
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Winter Club Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 110000}}
'''


def missing():
    """Why the tests cannot run here; '' if they can."""
    if not shutil.which('chromium'):
        return 'chromium is not installed'
    if not shutil.which('node'):
        return 'nodejs is not installed'
    if not (HERE / 'node_modules/playwright-core').is_dir():
        return 'playwright-core is not there: ./x test fetches it'
    return ''


@unittest.skipIf(missing(), missing())
class SwaggerPage(unittest.TestCase):
    def test_a_seat_is_bought_with_authorize_and_try_it_out(self):  # R-X8
        if not (pathlib.Path(server.BINARY).parent / 'share/swagger/swagger-ui-bundle.js').is_file():
            self.skipTest('Swagger UI is not there: ./x test fetches it')
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / 'catalogue.yaml').write_text(CATALOGUE)
            with server.Server(folder, '--catalogue.file=catalogue.yaml', f'--admin.keys=olga:owner:{KEY}') as running:
                result = subprocess.run(['node', 'buy_in_swagger.mjs', running.url, KEY], cwd=HERE, capture_output=True, text=True,
                                        timeout=180)
            log = (pathlib.Path(folder) / 'stderr.log').read_text()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr + log)


if __name__ == '__main__':
    report.main()
