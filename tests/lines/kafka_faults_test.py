#!/usr/bin/env python3
"""The line on a real Kafka, which fails in the middle of a rush of joins through three instances (R-Q18). After each round the line is
made again from the log and the store, and judged: every place that was answered is still that person's, nobody shares one, nobody has
two, they rise in the order of the answers, no limit of admission was exceeded; and every instance knows it, also after all of them
were killed. STAGEDOOR_TEST_LONG=1 runs 100 rounds of random faults besides; STAGEDOOR_TEST_ROUNDS says how many, STAGEDOOR_TEST_SEED
repeats the choices of a run."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / 'events')]
import report
import server
from kafka_broker import KafkaMissing
from rounds import ROUNDS, SEED, KafkaRound, LineRounds, Round, servers


class KafkaLine(LineRounds):
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
        made = one.topic_settings()
        self.assertEqual([made[name] for name in ('retention.ms', 'retention.bytes', 'cleanup.policy')], ['-1', '-1', 'delete'])

    def test_topic_that_would_lose_joins_is_refused(self):
        for settings, said in (({'retention_ms': '1000'}, 'retention.ms=1000 (must be -1)'),
                               ({'retention_ms': '-1', 'cleanup_policy': 'compact'}, 'cleanup.policy=compact (must be delete)')):
            one = KafkaRound()
            one.make_topic(**settings)
            ended = server.run('serve', '--store.url=sqlite::memory:', '--http.listen=127.0.0.1:0',
                               f'--room.url=kafka://{servers().kafka.address}/{one.name}', folder=one.folder)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn(f'the topic {one.name} would lose joins: it has {said}', ended.stderr)

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
