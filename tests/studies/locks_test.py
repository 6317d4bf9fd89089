#!/usr/bin/env python3
"""./x study locks (R-L3) in its smallest form: every way that guards is right, and the planted one without a lock is shown to be wrong."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
import report


class LocksStudy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            ran = subprocess.run([sys.executable, ROOT / 'bench/study', 'locks', '--quick', '--into', folder, '--folder', '/var/tmp'],
                                 capture_output=True, text=True, timeout=120)
            if ran.returncode:
                raise RuntimeError(ran.stderr)
            cls.said = ran.stdout
            cls.points = json.loads((pathlib.Path(folder) / 'locks.json').read_text())['points']

    def wrong_of(self, way):
        return [point['wrong'] for point in self.points if point['way'] == way and point['work'] == 'wallet']

    def test_ways_that_guard_are_right(self):  # R-L3
        for way in ('lane', 'lane postgres', 'sqlite', 'mutex', 'spin', 'row lock', 'optimistic', 'redis', 'redis fenced', 'redlock',
                    'redlock fenced'):
            self.assertEqual(self.wrong_of(way), [0], way)
        self.assertEqual([point for point in self.points if point['failed']], [])

    def test_way_without_a_lock_is_shown_to_be_wrong(self):
        self.assertGreater(self.wrong_of('none')[0], 0)
        self.assertIn('The planted wrong way is shown to be wrong', self.said)

    def test_one_has_the_seat_and_the_payment_is_made_once(self):
        once = [point for point in self.points if point['work'] in ('seat', 'payment')]
        self.assertEqual({(point['granted'], point['wrong']) for point in once}, {(1, 0)})
        self.assertEqual({point['way'] for point in once}, {'lane', 'row lock', 'unique key', 'redis hold', 'sweeper'})

    def test_fence_stops_the_holder_that_slept(self):
        fenced = [point for point in self.points if point['work'] == 'paused' and point['way'] == 'redis fenced']
        self.assertEqual([point['wrong'] for point in fenced], [0])


if __name__ == '__main__':
    report.main()
