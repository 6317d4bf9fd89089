#!/usr/bin/env python3
"""The examples of deploy/ for systemd and containers: what can be judged without either (R-A12)."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]
import report
import server

DEPLOY = server.ROOT / 'deploy'


@unittest.skipUnless(shutil.which('systemd-analyze'), 'systemd-analyze is not installed (Debian: systemd)')
class Units(unittest.TestCase):
    EXPOSURE_MAX = 2.0

    def exposure(self, unit):
        judged = subprocess.run(['systemd-analyze', 'security', '--offline=true', '--no-pager', unit], capture_output=True, text=True,
                                env={'LC_ALL': 'C.UTF-8', 'PATH': '/usr/bin:/bin'}, timeout=60)
        found = re.search(r'Overall exposure level for .*: ([0-9.]+) ', judged.stdout)
        self.assertIsNotNone(found, judged.stdout + judged.stderr)
        return float(found[1])

    def test_exposure_is_low(self):
        for unit in sorted(DEPLOY.glob('*.service')):
            self.assertLessEqual(self.exposure(unit), self.EXPOSURE_MAX, unit.name)

    def test_exposure_of_a_unit_without_its_limits_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = pathlib.Path(folder) / 'bare.service'
            text = (DEPLOY / 'stagedoor.service').read_text()
            bare.write_text(re.sub(r'(?m)^(Capability|SystemCall|Protect|Restrict).*\n', '', text))
            self.assertGreater(self.exposure(bare), self.EXPOSURE_MAX)

    def test_watchdog_is_asked_for_only_if_the_server_feeds_it(self):
        fed = any('WATCHDOG=1' in path.read_text() for path in (server.ROOT / 'src').rglob('*.cpp'))
        for unit in DEPLOY.glob('*.service'):
            self.assertEqual('WatchdogSec' in unit.read_text(), fed, unit.name)


class Alerts(unittest.TestCase):
    def test_rules_name_metrics_that_exist(self):
        listed = set(re.findall(r'(?m)^\| `(\w+)` ', (server.ROOT / 'docs/metrics.md').read_text()))
        rules = re.findall(r'(?m)^ +expr: (.+)$', (DEPLOY / 'alerts.yaml').read_text())
        self.assertGreater(len(rules), 5)
        for rule in rules:
            for metric in re.findall(r'stagedoor_[a-z_]+', rule):
                self.assertIn(metric, listed, rule)


class Image(unittest.TestCase):
    TEXT = (DEPLOY / 'Dockerfile').read_text().replace('\\\n', '')

    def test_store_is_in_a_volume_that_the_user_of_the_server_owns(self):
        final = self.TEXT[self.TEXT.rindex('FROM '):]
        folder = re.search(r'(?m)^WORKDIR (.+)$', final)[1]
        self.assertRegex(final, rf'(?m)^VOLUME {folder}$')
        self.assertRegex(final, rf'install -d -m 700 -o stagedoor -g stagedoor {folder}')
        self.assertRegex(final, r'(?m)^USER stagedoor$')

    def test_health_check_says_yes_while_the_server_lives_and_no_afterwards(self):
        command = json.loads(re.search(r'(?m)^HEALTHCHECK .*CMD (\[.*\])$', self.TEXT)[1])

        def is_healthy():
            changed = [word.replace('/127.0.0.1/8080', f'/127.0.0.1/{port}') for word in command]
            self.assertNotEqual(changed, command)
            return subprocess.run(changed, capture_output=True, timeout=10).returncode == 0
        with tempfile.TemporaryDirectory() as folder:
            with server.Server(folder) as running:
                port = urllib.parse.urlsplit(running.url).port
                self.assertTrue(is_healthy())
            self.assertFalse(is_healthy())


if __name__ == '__main__':
    report.main()
