#!/usr/bin/env python3
"""The line on a real Redis and a real Kafka, which fail in the middle of a rush of joins through three instances (R-Q18). After each
round the line is made again from the log and the store, and judged: every place that was answered is still that person's, nobody
shares one, nobody has two, they rise in the order of the answers, no limit of admission was exceeded; and every instance knows it,
also after all of them were killed. STAGEDOOR_TEST_LONG=1 runs 100 rounds of random faults for each; STAGEDOOR_TEST_ROUNDS says how
many, STAGEDOOR_TEST_SEED repeats the choices of a run."""
import collections
import json
import os
import pathlib
import random
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import report
from rounds import SEED, KafkaMissing, KafkaRound, RedisMissing, RedisRound, Round, RedisServer, servers

ROUNDS = int(os.environ.get('STAGEDOOR_TEST_ROUNDS') or (100 if os.environ.get('STAGEDOOR_TEST_LONG') else 0))


class Line(unittest.TestCase):
    def round(self, one, *faults):
        with one:
            return one.under_load(*faults)

    def many(self, kind):
        begin, done, places, epochs = time.monotonic(), collections.Counter(), 0, 0
        chance = random.Random(SEED)
        for number in range(ROUNDS):
            one, fault = kind.random(chance)
            _, marks = self.round(one, fault)
            done[fault.__name__] += 1
            places += marks.last_place
            epochs += marks.marks[-1][0] - 1
            print(f'{number + 1} of {ROUNDS} rounds, {time.monotonic() - begin:.0f} s: {fault.__name__}', flush=True)
        print(json.dumps({'seed': SEED, 'rounds': done, 'places': places, 'losses': epochs,
                          'seconds': round(time.monotonic() - begin)}), flush=True)


class RedisLine(Line):
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
        self.assertEqual(one.rush.failed_polls, 0, 'polls go on without the log')

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


class KafkaLine(Line):
    def setUp(self):
        try:
            servers().kafka
        except KafkaMissing as missing:
            self.skipTest(str(missing))

    def test_without_faults(self):
        with KafkaRound() as one:
            _, marks = one.under_load(lambda one: one.rush.wait_for(300))
        self.assertEqual(marks.marks[-1][0], 1, 'no epoch was begun')
        self.assertEqual(one.rush.refused.total(), 0, one.rush.refused)

    def test_broker_is_killed(self):
        self.round(KafkaRound(), KafkaRound.kill_broker)

    def test_broker_loses_the_tail(self):
        _, marks = self.round(KafkaRound(), KafkaRound.lose_tail)
        self.assertGreater(marks.marks[-1][0], 1, 'the loss was seen')

    def test_acknowledgements_are_lost(self):
        self.round(KafkaRound(), KafkaRound.lose_acknowledgements)

    def test_records_are_repeated(self):
        _, marks = self.round(KafkaRound(), KafkaRound.repeat_records)
        self.assertGreaterEqual(len(marks.passed_over), 100)

    def test_broker_is_slow(self):
        self.round(KafkaRound(), Round.be_slow, KafkaRound.stand_still)

    def test_topic_is_deleted(self):
        _, marks = self.round(KafkaRound(), KafkaRound.delete_topic)
        self.assertGreater(marks.marks[-1][0], 1, 'the loss was seen')

    def test_mix_of_faults(self):
        self.round(KafkaRound(), KafkaRound.mix)

    if ROUNDS:
        def test_many_rounds_of_random_faults(self):
            self.many(KafkaRound)


if __name__ == '__main__':
    print(f'STAGEDOOR_TEST_SEED={SEED} repeats the random choices of this run', flush=True)
    report.main()
