"""Compares what a topic has, and what the example's read model made of it, with what happened in the store. The outbox is not
asked, because delivered events leave it: reservations have versions, postings numbers, payments happen once, and for other keys
the store counts the events."""
import contextlib
import dataclasses
import datetime
import json
import sqlite3

from sale import wait_until

RESERVATION_STATUS = ('RESERVED', 'PENDING', 'PAID', 'CANCELLED', 'REFUNDED')
CANCEL_REASON = ('NONE', 'LAPSED', 'OWNER', 'OPERATOR')
POSTING_TYPE = ('charged', 'used', 'refunded')
FOLLOWERS = {  # of a reservation's event type -> the types that may come next
    None: {'held'}, 'held': {'pending', 'paid', 'lapsed', 'cancelled'}, 'pending': {'pending', 'paid', 'lapsed', 'cancelled'},
    'paid': {'refunded', 'reassigned'}, 'reassigned': {'refunded', 'reassigned'}, 'lapsed': set(), 'cancelled': set(), 'refunded': set()}


class Received:
    """Events of a topic as a consumer keeps them: repeats are dropped by subject and version. `wrong` has what no consumer
    should ever receive."""

    def __init__(self):
        self.events = {}  # subject -> its events, from version 1
        self.repeats, self.wrong = 0, []

    def add(self, key, event):
        subject, version = event['subject'], event['keyversion']
        if key != subject:
            self.wrong.append(f'{subject} has the key {key}')
        kept = self.events.setdefault(subject, [])
        if version == len(kept) + 1:
            kept.append(event)
        elif version > len(kept):
            self.wrong.append(f'{subject}: version {version} came after {len(kept)}')
        else:
            self.repeats += 1
            if kept[version - 1] != event:
                self.wrong.append(f'{subject}: version {version} came again with other contents')


@dataclasses.dataclass
class History:
    """What happened, as the store has it."""
    reservations: dict  # id -> (id, version, seat, date, event, user, status, reason, price, ms when a hold ends)
    postings: dict      # wallet -> its (wallet, seq, type, amount, balance after, reservation, user)
    balances: dict      # wallet -> balance
    payments: dict      # id -> (id, user, total, reservations)
    tickets: dict       # subject of a ticket -> how many events: issued, and revoked
    others: dict        # key of another kind -> how many events

    @classmethod
    def of(cls, store):
        """Nothing may change meanwhile."""
        user = store.user_text
        reservations = {row[0]: tuple(row) for row in store.rows(
            f'SELECT id, version, seat_id, date_id, event_id, {user}, status, reason, price, expires_at FROM reservations')}
        postings, paid_for = {}, {}
        for row in store.rows(f'SELECT wallet_id, p.seq, type, amount, balance_after, reservation_id, {user} FROM postings p '
                              'JOIN wallets w ON w.id = wallet_id ORDER BY wallet_id, p.seq'):
            postings.setdefault(row[0], []).append(tuple(row))
        for payment, reservation in store.rows('SELECT payment_id, id FROM reservations WHERE payment_id IS NOT NULL ORDER BY id'):
            paid_for.setdefault(payment, []).append(reservation)
        payments = {row[0]: (*row, paid_for[row[0]]) for row in store.rows(f'SELECT id, {user}, total FROM payments')}
        tickets = {}
        if store.has_table('ticket_uses'):
            for row, version, status in store.rows('SELECT id, version, status FROM reservations WHERE paid_at IS NOT NULL'):
                is_valid = status == 2
                tickets[f'ticket/{row}.{version if is_valid else version - 1}'] = 1 if is_valid else 2
        others = dict(store.rows('SELECT key, version FROM key_versions')) if store.has_table('key_versions') else {}
        return cls(reservations, postings, dict(store.rows('SELECT id, balance FROM wallets')), payments, tickets, others)

    def counts(self):
        """Subject -> how many events tell what happened to it."""
        return {**{f'reservation/{row[0]}': row[1] for row in self.reservations.values()},
                **{f'wallet/{wallet}': len(rows) for wallet, rows in self.postings.items()},
                **{f'payment/{payment}': 1 for payment in self.payments}, **self.tickets, **self.others}


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() * 1000)


def short(uuid):
    """As the stores' user_text."""
    return 'u' + uuid.replace('-', '')


def missing(received, history):
    """How many events of the history have not come yet."""
    return sum(max(0, count - len(received.events.get(subject, ()))) for subject, count in history.counts().items())


def faults(received, history):
    """What is wrong with a topic that should be complete, one line each."""
    counts, wrong = history.counts(), list(received.wrong)
    for subject in sorted({*received.events, *counts}):
        events = received.events.get(subject, [])
        entity, _, number = subject.partition('/')
        if subject not in counts:
            wrong.append(f'{subject} was invented')
        elif len(events) != counts[subject]:
            wrong.append(f'{subject}: {len(events)} events instead of {counts[subject]}')
        elif entity == 'reservation':
            wrong += reservation_faults(subject, events, history.reservations[int(number)])
        elif entity == 'wallet':
            wrong += differences(subject, [posting_of(event) for event in events], history.postings[int(number)])
        elif entity == 'payment':
            wrong += differences(subject, [payment_of(event) for event in events], [history.payments[int(number)]])
    return wrong


def differences(subject, received, stored):
    return [] if received == stored else [f'{subject}: {received} instead of {stored}']


def posting_of(event):
    its = event['data']
    return (its['walletId'], event['keyversion'], POSTING_TYPE.index(name_of(event)), its['amount'], its['balanceAfter'],
            its['reservationId'], short(its['userId']))


def payment_of(event):
    its = event['data']
    return its['id'], short(its['userId']), its['total'], sorted(its['reservationIds'])


def reservation_of(event):
    its = event['data']
    return (its['id'], event['keyversion'], its['seatId'], its['dateId'], its['eventId'], short(its['userId']),
            RESERVATION_STATUS.index(its['status']), CANCEL_REASON.index(its['reason']), its['price'],
            milliseconds(its['expiresAt']))


def name_of(event):
    """`held` of stagedoor.reservation.held.v1."""
    return event['type'].split('.')[2]


def reservation_faults(subject, events, row):
    """The newest event has what the row has; those before are on the way there."""
    wrong, before = differences(subject, reservation_of(events[-1]), row), None
    for event in events:
        if (name := name_of(event)) not in FOLLOWERS[before]:
            wrong.append(f'{subject}: {name} came after {before}')
        before = name
        wrong += differences(subject, [event['data'][member] for member in ('id', 'seatId', 'dateId', 'eventId')],
                             [row[0], *row[2:5]])
    return wrong


def model_faults(file, history):
    """What the example's read model has otherwise than the store, one line each."""
    with contextlib.closing(sqlite3.connect(file)) as model:
        def rows(sql):
            return model.execute(sql).fetchall()
        sold = {}
        for row in history.reservations.values():
            if row[6] == RESERVATION_STATUS.index('PAID'):
                seats, revenue = sold.get(row[3], (0, 0))
                sold[row[3]] = seats + 1, revenue + row[8]
        pairs = {
            'reservations': (rows('SELECT id, date_id, seat_id, status, price FROM reservations ORDER BY id'),
                             [(row[0], row[3], row[2], RESERVATION_STATUS[row[6]], row[8])
                              for _, row in sorted(history.reservations.items())]),
            'sales': (rows('SELECT date_id, seats, revenue FROM sales ORDER BY date_id'),
                      [(date, *numbers) for date, numbers in sorted(sold.items())]),
            'wallets': (rows('SELECT id, balance FROM wallets ORDER BY id'), sorted(history.balances.items())),
            'gaps': (rows('SELECT subject, newest, received FROM gaps'), []),
        }
    wrong = []
    for name, (has, should) in pairs.items():
        if has != should:
            differs = sorted(set(has) ^ set(should))[:5]
            wrong.append(f'the read model has other {name} than the store: {differs}')
    return wrong


class Topic:
    """A topic of the broker at `address`, with what was received of it so far."""

    def __init__(self, address, name):
        from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
        self.received = Received()
        self.consumer = Consumer({'bootstrap.servers': address, 'group.id': 'judge', 'enable.auto.commit': False,
                                  'auto.offset.reset': 'error', 'log_level': 0,
                                  'reconnect.backoff.max.ms': 500})
        partitions = wait_until('the broker knows the topic', lambda: self.consumer.list_topics(name, timeout=20).topics[name].partitions)
        self.consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING) for partition in partitions])

    def read(self, seconds=0.5):
        """Takes what has come; how many records. Faults of the broker pass; what they lose is missing in the end."""
        messages = self.consumer.consume(5000, timeout=seconds)
        for message in messages:
            if not message.error():
                self.received.add(message.key().decode(), json.loads(message.value()))
        return len(messages)

    def close(self):
        self.consumer.close()
