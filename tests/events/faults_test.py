#!/usr/bin/env python3
"""Events out of real instances into a real Kafka broker, under a rush of fans, while the instances, the broker and the network
fail (R-E1, R-E2, R-M4). Afterwards every change in the store is in the topic, in order for each key when repeats are dropped, none
is invented, and the example's read model equals the store. STAGEDOOR_TEST_LONG=1 runs 200 rounds of random faults besides;
STAGEDOOR_TEST_ROUNDS says how many, STAGEDOOR_TEST_SEED repeats the choices of a run."""
import collections
import itertools
import json
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import judge
import report
from rounds import SEED, Round, servers
from sale import wait_until

ROUNDS = int(os.environ.get('STAGEDOOR_TEST_ROUNDS') or (200 if os.environ.get('STAGEDOOR_TEST_LONG') else 0))
ROUNDS_OF_A_SALE = 10  # then a new store and a new topic, because each round compares all of them
KINDS = ({'instances': 2}, {'instances': 1, 'store': 'sqlite'}, {'instances': 3})  # of a sale


class WithKafka(unittest.TestCase):
    def setUp(self):
        if isinstance(servers(), str):
            self.skipTest(servers())


class KafkaFaults(WithKafka):
    """A round of each fault."""

    def round(self, fault, **options):
        with Round(**options) as one:
            repeats = one.under_load(fault)
            audit = one.sale.audit()
            self.assertEqual(audit.returncode, 0, audit.stdout)
        return repeats

    def test_without_faults_nothing_is_repeated(self):
        def no_fault(one):
            one.pause(1, 1)
            wait_until('the consumer prints counts', lambda: '"PAID"' in one.follower.printed.read_text())
        self.assertEqual(self.round(no_fault), 0)

    def test_killed_between_publish_and_progress(self):  # R-E1
        def fault(one):
            one.kill_before_progress()
            one.kill_before_publishing()
            one.kill_and_arrive_late()
            for _ in range(3):
                one.kill_at_random()
        self.assertGreater(self.round(fault), 0, 'the moment between publish and progress was hit')

    def test_killed_between_publish_and_progress_of_one_instance_over_sqlite(self):  # R-E1
        def fault(one):
            one.kill_before_progress()
            one.kill_before_publishing()
            one.kill_and_arrive_late()
            for _ in range(3):
                one.kill_at_random()
        self.assertGreater(self.round(fault, store='sqlite', instances=1), 0, 'the moment between publish and progress was hit')

    def test_relay_that_stood_still_wakes_after_its_successor_published(self):  # R-E1
        self.round(Round.stop_and_wake)

    def test_broker_is_killed(self):  # R-E2
        self.round(Round.kill_broker)

    def test_network_is_cut_frozen_and_slow(self):  # R-E2
        self.round(Round.cut_network)

    def test_acknowledgements_are_lost(self):  # R-E2
        self.round(Round.lose_acknowledgements)

    def test_instances_are_restarted_in_turn(self):  # R-E1
        self.round(Round.restart_in_turn)

    def test_mix_of_faults(self):  # R-E1
        self.round(Round.mix)

    if ROUNDS:
        def test_many_rounds_of_random_faults(self):
            begin, done, repeats, events = time.monotonic(), collections.Counter(), 0, 0
            for kind in itertools.cycle(KINDS):
                with Round(seats=20_000, **kind) as one:
                    for _ in range(min(ROUNDS_OF_A_SALE, ROUNDS - done.total())):
                        fault = one.chance.choice(one.faults())
                        repeats += one.under_load(fault)
                        done[fault.__name__] += 1
                        print(f'{done.total()} of {ROUNDS} rounds, {time.monotonic() - begin:.0f} s: {fault.__name__}', flush=True)
                    events += sum(one.judge().counts().values())
                    audit = one.sale.audit()
                    self.assertEqual(audit.returncode, 0, audit.stdout)
                print(json.dumps({'seed': SEED, 'rounds': done, 'events': events, 'repeats': repeats,
                                  'seconds': round(time.monotonic() - begin)}), flush=True)
                if done.total() == ROUNDS:
                    break


class KafkaFullDisk(WithKafka):
    def test_of_the_broker_loses_no_event(self):  # R-E2
        if servers().disk.missing:
            self.skipTest(servers().disk.missing)
        with Round() as one:
            one.under_load(Round.fill_disk)


class KafkaDeadSink(WithKafka):
    def test_changes_no_booking_and_the_outbox_keeps_every_event_until_it_is_back(self):  # R-E5
        with Round(store='sqlite', instances=1) as one:
            servers().proxy.cut()
            begin = one.sale.progress()
            with one.fans() as fans:
                fans.wait_for(1000)
            self.assertEqual(fans.failed, 0, 'calls that were answered 5xx or not at all')
            one.sale.wait_until_no_hold_is_left()
            history = judge.History.of(one.store)
            self.assertEqual(one.sale.progress(), begin)
            self.assertEqual(one.store.rows('SELECT count(*) FROM outbox')[0][0], sum(history.counts().values()))
            self.assertEqual(one.sale.audit().returncode, 0)
            servers().proxy.mend()
            one.judge()
            newest = one.store.rows('SELECT max(id) FROM outbox')[0][0]
            wait_until('the progress is written', lambda: one.sale.progress() == newest)
            if ROUNDS:  # rows that every sink has are removed once a minute
                wait_until('delivered rows leave the outbox', lambda: not one.store.rows('SELECT id FROM outbox LIMIT 1'), 90)


if __name__ == '__main__':
    print(f'STAGEDOOR_TEST_SEED={SEED} repeats the random choices of this run', flush=True)
    report.main()
