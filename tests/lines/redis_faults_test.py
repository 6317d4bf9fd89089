#!/usr/bin/env python3
"""The line on a real Redis, which fails in the middle of a rush of joins through three instances (R-Q18). After each round the line is
made again from the log and the store, and judged: every place that was answered is still that person's, nobody shares one, nobody has
two, they rise in the order of the answers, no limit of admission was exceeded; and every instance knows it, also after all of them
were killed. STAGEDOOR_TEST_LONG=1 runs 100 rounds of random faults besides; STAGEDOOR_TEST_ROUNDS says how many, STAGEDOOR_TEST_SEED
repeats the choices of a run."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import report
from redis_server import RedisMissing, RedisServer
from rounds import ROUNDS, SEED, LineRounds, RedisRound, servers


class RedisLine(LineRounds):
    def setUp(self):
        try:
            RedisServer(servers().folder / 'none')
        except RedisMissing as missing:
            self.skipTest(str(missing))

    def test_without_faults(self):
        with RedisRound() as one:
            _, marks = one.under_load(lambda one: one.rush.wait_for(300))
        self.assertEqual(marks.marks[-1][0], 1, 'no epoch was begun')
        self.assertEqual(one.rush.refused.total(), 0, one.rush.refused)

    def test_server_is_killed_and_keeps_its_records(self):
        _, marks = self.round(RedisRound(), RedisRound.kill_server)
        self.assertEqual(marks.marks[-1][0], 1, 'nothing was lost')

    def test_server_is_killed_and_loses_its_records(self):
        _, marks = self.round(RedisRound(is_durable=False), RedisRound.kill_server)
        self.assertEqual(marks.marks[-1][0], 2, 'the loss was seen')

    def test_replica_that_is_behind_takes_over(self):
        _, marks = self.round(RedisRound(is_watched=True), RedisRound.fail_over)
        self.assertGreater(marks.marks[-1][0], 1, 'the loss was seen')

    def test_network_is_cut_and_frozen(self):
        with RedisRound() as one:
            one.under_load(RedisRound.cut_network)
        self.assertGreater(one.rush.polls, 100)
        # A busy machine may refuse one: without the log all of them would fail for seconds.
        self.assertLess(one.rush.failed_polls, one.rush.polls / 50, 'polls go on without the log')

    def test_server_is_wiped(self):
        self.round(RedisRound(), RedisRound.flush)

    def test_server_sleeps(self):
        self.round(RedisRound(), RedisRound.sleep)

    def test_memory_is_full(self):
        self.round(RedisRound(), RedisRound.fill_memory)

    def test_mix_of_faults(self):
        self.round(RedisRound(is_durable=False), RedisRound.mix)

    if ROUNDS:
        def test_many_rounds_of_random_faults(self):
            self.many(RedisRound)


if __name__ == '__main__':
    print(f'STAGEDOOR_TEST_SEED={SEED} repeats the random choices of this run', flush=True)
    report.main()
