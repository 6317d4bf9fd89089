#!/usr/bin/env python3
"""The study of capacity (R-L5) runs: every series has points, stores filled by SQL pass the audit, and its line is one."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests')]
import report as results  # the study has a module of that name
del sys.modules['report']
sys.path[:0] = [str(ROOT / 'bench'), str(ROOT / 'bench/studies')]
import capacity


class Capacity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, ROOT / 'bench/study', 'capacity', '--quick', '--into', folder], capture_output=True, text=True, timeout=120)
            if done.returncode:  # also if the audit of a store that it filled fails
                raise RuntimeError(done.stderr[-3000:])
            cls.printed, cls.said = done.stdout, done.stderr
            cls.points = json.loads((pathlib.Path(folder) / 'capacity.json').read_text())['points']

    def test_every_series_was_measured(self):
        for series, (fit, check) in capacity.QUICK.items():
            self.assertEqual(sorted(point['size'] for point in self.points if point['series'] == series), sorted(fit + check), series)
        for point in self.points:
            self.assertGreater(point['memoryMb'], 5, point)

    def test_stores_that_sql_filled_were_audited(self):
        for series in ('waiting', 'history'):
            self.assertIn(f'audit of {series}: The store is clean', self.said)

    def test_people_and_history_take_disk(self):
        for series in ('waiting', 'history'):
            small, _, large = sorted((point for point in self.points if point['series'] == series), key=lambda point: point['size'])
            self.assertGreater(large['diskMb'] - small['diskMb'], 0.2, series)


class Line(unittest.TestCase):
    @staticmethod
    def points(*pairs):
        return [{'size': size, 'cost': cost, 'fitted': fitted} for size, cost, fitted in pairs]

    def test_goes_through_the_fitted_points_and_no_others(self):
        line = capacity.Line(self.points((0, 1, True), (10, 21, True), (20, 41, True), (15, 500, False)), 'cost')
        self.assertAlmostEqual(line.slope, 2)
        self.assertAlmostEqual(line.base, 1)
        self.assertAlmostEqual(line.error, 0)
        self.assertAlmostEqual(line.at(15), 31)

    def test_says_how_wrong_it_is(self):
        line = capacity.Line(self.points((0, 0, True), (1, 2, True), (2, 2, True)), 'cost')
        self.assertAlmostEqual(line.slope, 1)
        self.assertAlmostEqual(line.error, 0.57735, 4)


if __name__ == '__main__':
    results.main()
