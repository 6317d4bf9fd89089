"""./x study rows and ./x study queue --seed: the smallest sizes run through, and a rewrite that gives other rows is reported."""
import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'bench/studies'), str(ROOT / 'bench')]
import report as test_report  # of tests/; that of the studies has the same name
del sys.modules['report']
sys.path.remove(str(ROOT / 'tests'))
import ten_million_rows
from rows_questions import Variant, questions
from sql_servers import MariaServer

# In memory where that is large enough: this is no measurement, and a busy disk makes it slow.
FOLDER = '/dev/shm' if pathlib.Path('/dev/shm').is_dir() and shutil.disk_usage('/dev/shm').free > 4 << 30 else '/var/tmp'


def quick(*words):
    """The points of a --quick run, and its exit code."""
    with tempfile.TemporaryDirectory(prefix='stagedoor-study-', dir=FOLDER) as folder:
        into = pathlib.Path(folder, 'into')
        pathlib.Path(folder).chmod(0o755)
        done = subprocess.run([sys.executable, ROOT / 'bench/study', *words, '--quick', '--folder', folder, '--into', into], capture_output=True, text=True)
        files = list(into.glob('*.json'))
        if not files:
            raise AssertionError(done.stderr)
        return done.returncode, json.loads(files[0].read_text())['points']


class StudyRows(unittest.TestCase):
    """R-L4."""

    def test_each_way_gives_the_plain_ways_rows(self):
        code, points = quick('rows', '--only', 'postgres', '--only', 'product')
        self.assertEqual(code, 0)
        self.assertEqual({point['wrongRows'] for point in points if 'wrongRows' in point}, {0})
        self.assertEqual({point['engine'] for point in points if point['kind'] == 'product'} - {'memory'}, {'sqlite', 'postgres'})

    def test_a_wrong_rewrite_is_reported(self):
        either = questions(10_000)[0]
        union = next(variant for variant in either.variants if variant.name == 'UNION')
        doubled = dataclasses.replace(union, name='UNION ALL', statements=(union.statements[0].replace(' union ', ' union all '),))
        lost = Variant('AND', (), (either.variants[0].statements[0].replace(' or ', ' and '),), '')
        either.variants[:] = [either.variants[0], doubled, lost]
        with tempfile.TemporaryDirectory(prefix='stagedoor-study-', dir=FOLDER) as folder:
            folder = pathlib.Path(folder)
            folder.chmod(0o755)
            engine = ten_million_rows.Engine('postgres', folder / 'postgres', 10_000, quick=True)
            with engine.server:
                engine.load()
                plain, found = None, {}
                for variant in either.variants:
                    point, plain = ten_million_rows.ask(engine, either, variant, plain, folder)
                    found[variant.name] = point['wrongRows']
        self.assertEqual(found['OR'], 0)
        self.assertEqual(found['UNION ALL'], 1, 'the row that answers both halves comes twice')
        self.assertGreater(found['AND'], 1)


@unittest.skipIf(MariaServer.missing(), MariaServer.missing())
class MariaDb(unittest.TestCase):
    def test_rows_and_a_queue_in_a_table(self):
        code, points = quick('rows', '--only', 'mariadb')
        self.assertEqual(code, 0)
        self.assertEqual({point['blocksOthers'] for point in points if point.get('indexes') == 'no index' and 'blocksOthers' in point}, {True})
        code, points = quick('queue', '--seed')
        self.assertEqual(code, 0)
        self.assertEqual({(point['failed'], point['missing']) for point in points}, {(0, 0)})


if __name__ == '__main__':
    test_report.main()
