"""Compares what a topic has, and what the example's read model made of it, with what happened in the store. The outbox is not
asked, because delivered events leave it: reservations have versions, postings numbers, payments happen once."""
import contextlib
import dataclasses
import datetime
import json
import sqlite3

RESERVATION_STATUS = ('RESERVED', 'PENDING', 'PAID', 'CANCELLED', 'REFUNDED')
CANCEL_REASON = ('NONE', 'LAPSED', 'OWNER', 'OPERATOR')
POSTING_TYPE = ('charged', 'used', 'refunded')
FOLLOWERS = {  # of a reservation's event type -> the types that may come next
    None: {'held'}, 'held': {'pending', 'paid', 'lapsed', 'cancelled'}, 'pending': {'pending', 'paid', 'lapsed', 'cancelled'},
    'paid': {'refunded'}, 'lapsed': set(), 'cancelled': set(), 'refunded': set()}


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
        return cls(reservations, postings, dict(store.rows('SELECT id, balance FROM wallets')), payments)

    def size(self):
        """How many events tell it."""
        return sum(row[1] for row in self.reservations.values()) + sum(map(len, self.postings.values())) + len(self.payments)


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() * 1000)


def short(uuid):
    """As the stores' user_text."""
    return 'u' + uuid.replace('-', '')


def missing(received, history):
    """How many events of the history have not come yet."""
    def lacks(subject, count):
        return max(0, count - len(received.events.get(subject, ())))
    return (sum(lacks(f'reservation/{row[0]}', row[1]) for row in history.reservations.values())
            + sum(lacks(f'wallet/{wallet}', len(rows)) for wallet, rows in history.postings.items())
            + sum(lacks(f'payment/{payment}', 1) for payment in history.payments))


def faults(received, history):
    """What is wrong with a topic that is complete, one line each."""
    wrong = list(received.wrong)
    for row in history.reservations.values():
        wrong += reservation_faults(f'reservation/{row[0]}', received.events.get(f'reservation/{row[0]}', []), row)
    for wallet, rows in history.postings.items():
        told = [(event['data']['walletId'], event['keyversion'], POSTING_TYPE.index(name_of(event)), event['data']['amount'],
                 event['data']['balanceAfter'], event['data']['reservationId'], short(event['data']['userId']))
                for event in received.events.get(f'wallet/{wallet}', [])]
        if told != rows:
            wrong.append(f'wallet/{wallet}: {told} instead of {rows}')
    for payment, row in history.payments.items():
        told = [(event['data']['id'], short(event['data']['userId']), event['data']['total'],
                 sorted(event['data']['reservationIds'])) for event in received.events.get(f'payment/{payment}', [])]
        if told != [row]:
            wrong.append(f'payment/{payment}: {told} instead of {row}')
    there = {'reservation': history.reservations, 'wallet': history.postings, 'payment': history.payments}
    for subject in received.events:
        entity, _, number = subject.partition('/')
        if entity in there and int(number) not in there[entity]:
            wrong.append(f'{subject} was invented')
    return wrong


def name_of(event):
    """`held` of stagedoor.reservation.held.v1."""
    return event['type'].split('.')[2]


def reservation_faults(subject, events, row):
    _, version, *stored = row
    if len(events) != version:
        return [f'{subject}: {len(events)} events instead of {version}']
    wrong, before = [], None
    for event in events:
        if (name := name_of(event)) not in FOLLOWERS[before]:
            wrong.append(f'{subject}: {name} came after {before}')
        before = name
        if [event['data'][member] for member in ('seatId', 'dateId', 'eventId')] != stored[:3]:
            wrong.append(f'{subject}: another seat')
    newest = events[-1]['data']
    told = [newest['seatId'], newest['dateId'], newest['eventId'], short(newest['userId']),
            RESERVATION_STATUS.index(newest['status']), CANCEL_REASON.index(newest['reason']), newest['price'],
            milliseconds(newest['expiresAt'])]
    if told != stored:
        wrong.append(f'{subject}: {told} instead of {stored}')
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
        self.name, self.received = name, Received()
        self.consumer = Consumer({'bootstrap.servers': address, 'group.id': 'judge', 'enable.auto.commit': False,
                                  'auto.offset.reset': 'error', 'log_level': 0,
                                  'reconnect.backoff.max.ms': 500})
        self.partitions = self.consumer.list_topics(name, timeout=20).topics[name].partitions
        self.consumer.assign([TopicPartition(name, partition, OFFSET_BEGINNING) for partition in self.partitions])

    def read(self, seconds=0.5):
        """Takes what has come; how many records. Faults of the broker pass; what they lose is missing in the end."""
        messages = self.consumer.consume(5000, timeout=seconds)
        for message in messages:
            if not message.error():
                self.received.add(message.key().decode(), json.loads(message.value()))
        return len(messages)

    def close(self):
        self.consumer.close()
