#!/usr/bin/env python3
"""Without a broker: the judge of the rounds of faults sees every sort of fault, and the example's read model drops repeats, reports
gaps and takes a batch as a whole."""
import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / 'examples/consumers/read_model')]
import judge
import report

try:
    import read_model
except ImportError:
    read_model = None


def event(subject, version, kind='reservation.held', **data):
    return {'subject': subject, 'keyversion': version, 'type': f'stagedoor.{kind}.v1', 'data': data}


class Judge(unittest.TestCase):
    """The judge sees every sort of fault."""

    USER = '00000000-0000-4000-8000-000000000001'

    def setUp(self):
        user = judge.short(self.USER)
        self.history = judge.History(
            {7: (7, 2, 70, 11, 1, user, 2, 0, 500, 1000)}, {3: [(3, 1, 0, 900, 900, None, user), (3, 2, 1, 500, 400, 7, user)]},
            {3: 400}, {9: (9, user, 500, [7])}, {'ticket/7.2': 1}, {'queue/1': 1})
        seat = {'id': 7, 'seatId': 70, 'dateId': 11, 'eventId': 1, 'userId': self.USER, 'reason': 'NONE', 'price': 500,
                'expiresAt': '1970-01-01T00:00:01.000Z'}
        wallet = {'walletId': 3, 'userId': self.USER}
        self.events = [
            event('queue/1', 1, 'queue.admitted'),
            event('reservation/7', 1, status='RESERVED', **seat),
            event('wallet/3', 1, 'wallet.charged', amount=900, balanceAfter=900, reservationId=None, **wallet),
            event('wallet/3', 2, 'wallet.used', amount=500, balanceAfter=400, reservationId=7, **wallet),
            event('payment/9', 1, 'payment.made', id=9, userId=self.USER, total=500, reservationIds=[7]),
            event('reservation/7', 2, 'reservation.paid', status='PAID', **seat),
            event('ticket/7.2', 1, 'ticket.issued', serial='0' * 16)]

    def judged(self, events, key=None):
        received = judge.Received()
        for one in events:
            received.add(key or one['subject'], one)
        return judge.missing(received, self.history), judge.faults(received, self.history)

    def test_finds_nothing_when_all_is_well(self):
        self.assertEqual(self.judged(self.events), (0, []))
        self.assertEqual(self.judged(self.events[:4] + self.events), (0, []), 'repeats are dropped')

    def test_sees_each_lost_event(self):
        for lost in range(len(self.events)):
            missing, wrong = self.judged(self.events[:lost] + self.events[lost + 1:])
            self.assertGreater(missing, 0)
            self.assertTrue(wrong)

    def test_sees_what_no_consumer_should_receive(self):
        others = {'gap': self.events[::-1], 'invented': [*self.events, event('wallet/4', 1)],
                  'invented version': [*self.events, {**self.events[4], 'keyversion': 2}],
                  'repeat with other contents': [*self.events, {**self.events[1], 'data': {}}]}
        for name, events in others.items():
            self.assertTrue(self.judged(events)[1], name)
        self.assertTrue(self.judged(self.events, key='x')[1])

    def test_sees_each_changed_member(self):
        others = {'status': 'PENDING', 'reason': 'OWNER', 'expiresAt': '1970-01-01T00:00:02.000Z', 'reservationIds': [8],
                  'userId': self.USER.replace('1', '2')}
        for number in (2, 3, 4, 5):  # a reservation's row is compared with its newest event
            one = self.events[number]
            for member in one['data']:
                changed = {**one, 'data': {**one['data'], member: others.get(member, 12345)}}
                events = [*self.events[:number], changed, *self.events[number + 1:]]
                self.assertTrue(self.judged(events)[1], changed)


@unittest.skipUnless(read_model, 'Python has no confluent_kafka here (Debian: python3-confluent-kafka)')
class ReadModel(unittest.TestCase):
    """The example, without a broker."""

    def setUp(self):
        self.model = read_model.open_model(':memory:')
        self.addCleanup(self.model.close)

    def held(self, version, status='RESERVED', number=1):
        return event(f'reservation/{number}', version, id=number, dateId=11, seatId=5, userId='u', status=status, price=500,
                     more='x')

    def test_drops_repeats_by_version(self):
        for one in (self.held(1), self.held(2, 'PAID'), self.held(1), self.held(2, 'CANCELLED')):
            read_model.apply(self.model, one)
        self.assertEqual(read_model.summary(self.model), {
            'reservations': {'PAID': 1}, 'seatsSold': {11: 1}, 'revenue': 500, 'wallets': 0, 'balance': 0, 'gaps': 0})

    def test_reports_a_gap_and_ignores_unknown_types(self):
        read_model.apply(self.model, self.held(1))
        read_model.apply(self.model, self.held(3, 'PAID'))
        read_model.apply(self.model, event('event/1', 1, 'event.opened', name='x'))
        read_model.apply(self.model, {**event('wallet/1', 1, 'wallet.charged'), 'type': 'stagedoor.wallet.charged.v2'})
        self.assertEqual(self.model.execute('SELECT * FROM gaps').fetchall(), [('reservation/1', 1, 3)])
        self.assertEqual(read_model.summary(self.model)['wallets'], 0)

    def test_takes_a_batch_as_a_whole_or_not_at_all(self):
        class Message:
            def __init__(self, offset, value):
                self.offset, self.value, self.partition, self.error = (lambda: offset), (lambda: value), (lambda: 0), (lambda: None)
        good = Message(0, json.dumps(self.held(1)).encode())
        with self.assertRaises(ValueError):
            read_model.apply_batch(self.model, 'orders', [good, Message(1, b'{')])
        self.assertEqual(read_model.summary(self.model)['reservations'], {})
        read_model.apply_batch(self.model, 'orders', [good])
        self.assertEqual(self.model.execute('SELECT * FROM offsets').fetchall(), [('orders', 0, 1)])


if __name__ == '__main__':
    report.main()
