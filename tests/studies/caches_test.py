#!/usr/bin/env python3
"""The study of caches (R-L2) runs, and what it measures can tell a stale cache from a fresh one."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import report


class Caches(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, ROOT / 'bench/study', 'caches', '--quick', '--into', folder], capture_output=True, text=True, timeout=120)
            if done.returncode:
                raise RuntimeError(done.stderr[-3000:])
            cls.printed = done.stdout
            cls.points = json.loads((pathlib.Path(folder) / 'caches.json').read_text())['points']

    def of(self, **values):
        return [point for point in self.points if all(point.get(key) == value for key, value in values.items())]

    def test_every_way_answers_both_lists(self):
        for which in ('events', 'dates'):
            ways = {point['way'] for point in self.of(kind='speed', list=which)}
            self.assertLessEqual({'none', 'coalesced', 'look-aside', 'read-through', 'write-through', 'rendered', 'product'}, ways)
        for point in self.of(kind='speed'):
            self.assertGreater(point['answers'].get('200', 0), 0, point)
            self.assertGreater(point['bytes'], 1000, point)

    def test_only_what_has_no_cache_asks_the_database_for_each_answer(self):
        for point in self.of(kind='speed', way='none'):
            self.assertGreater(point['queriesPerSecond'], 0.5 * point['served'])
        for way in ('write-through', 'rendered'):
            for point in self.of(kind='speed', way=way):
                self.assertEqual(point['queriesPerSecond'], 0)

    def test_ways_that_see_every_write_are_never_stale(self):
        for way in ('none', 'write-through', 'rendered', 'product'):
            for point in self.of(kind='staleness', way=way):
                self.assertGreater(point['changes'], 3)
                self.assertGreater(point['reads'], 3)
                self.assertEqual(point['stale'], 0, point)

    def test_a_value_with_a_ttl_is_reported_as_stale(self):
        [point] = self.of(kind='staleness', way='read-through')
        self.assertGreater(point['stale'], 0)
        self.assertGreater(point['oldestMs'], 20)

    def test_single_flight_makes_one_query_of_an_expiry(self):
        [with_it], [without] = (self.of(kind='stampede', way='read-through', singleFlight=flight) for flight in (True, False))
        self.assertEqual(with_it['worstExpiry'], 1)
        self.assertGreater(without['worstExpiry'], 1)
        self.assertGreater(without['queries'], with_it['queries'])

    def test_what_was_measured_elsewhere_is_said_to_be(self):
        self.assertIn('measured elsewhere, not here', self.printed)


if __name__ == '__main__':
    report.main()
