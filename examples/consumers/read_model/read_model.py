#!/usr/bin/env python3
"""Keeps a read model of Stagedoor's events in an SQLite file: reservations, seats sold, balances, revenue.

    read_model.py --brokers localhost:9092 --topic orders --database model.sqlite

It may be killed at any moment and started again. One transaction writes what a batch of events changes, the newest version of
each subject and the offsets to go on from. One process per file. README.md says how to run it and what to copy.
"""
import argparse
import json
import sqlite3
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

SCHEMA = '''
CREATE TABLE IF NOT EXISTS offsets (topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS subjects (subject TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gaps (subject TEXT, newest INTEGER, received INTEGER);
CREATE TABLE IF NOT EXISTS reservations (id INTEGER PRIMARY KEY, date_id INTEGER, seat_id INTEGER, user_id TEXT, status TEXT,
                                         price INTEGER);
CREATE TABLE IF NOT EXISTS wallets (id INTEGER PRIMARY KEY, user_id TEXT, balance INTEGER);
CREATE VIEW IF NOT EXISTS sales AS
  SELECT date_id, count(*) AS seats, sum(price) AS revenue FROM reservations WHERE status = 'PAID' GROUP BY date_id;
'''

# (entity, version of its schema) of an event's type -> what to do with its data, which is the whole new state of the subject.
# Other types are not for this model. Members that we do not know are ignored, because a schema may get more of them.
CHANGES = {
    ('reservation', 'v1'): 'REPLACE INTO reservations VALUES (:id, :dateId, :seatId, :userId, :status, :price)',
    ('wallet', 'v1'): 'REPLACE INTO wallets VALUES (:walletId, :userId, :balanceAfter)',
}


def open_model(path):
    database = sqlite3.connect(path)
    database.execute('PRAGMA journal_mode = WAL')  # others may read meanwhile
    database.executescript(SCHEMA)
    return database


def apply(database, event):
    """Events arrive at least once, in order for each subject when repeats are dropped."""
    subject, version = event['subject'], event['keyversion']
    row = database.execute('SELECT version FROM subjects WHERE subject = ?', (subject,)).fetchone()
    newest = row[0] if row else 0
    if version <= newest:
        return  # a repeat
    if version > newest + 1:  # the topic forgot events before we read them, or they were lost
        print(f'gap: {subject} has version {version} after {newest}', file=sys.stderr)
        database.execute('INSERT INTO gaps VALUES (?, ?, ?)', (subject, newest, version))
    database.execute('REPLACE INTO subjects VALUES (?, ?)', (subject, version))
    _, entity, *_, schema = event['type'].split('.')
    if change := CHANGES.get((entity, schema)):
        database.execute(change, event['data'])


def summary(database):
    def one(sql):
        return database.execute(sql).fetchone()[0]
    return {
        'reservations': dict(database.execute('SELECT status, count(*) FROM reservations GROUP BY status ORDER BY status')),
        'seatsSold': dict(database.execute('SELECT date_id, seats FROM sales ORDER BY date_id')),
        'revenue': one('SELECT coalesce(sum(revenue), 0) FROM sales'),
        'wallets': one('SELECT count(*) FROM wallets'),
        'balance': one('SELECT coalesce(sum(balance), 0) FROM wallets'),
        'gaps': one('SELECT count(*) FROM gaps'),
    }


def open_topic(brokers, topic, database):
    """A consumer of all partitions, where the model stands. Returns it with the number of partitions."""
    consumer = Consumer({
        'bootstrap.servers': brokers,
        'group.id': 'read-model',  # the client asks for one; our offsets are in the model, not in the group
        'enable.auto.commit': False,
        'auto.offset.reset': 'error',  # events that the topic has forgotten are not skipped in silence
        'enable.partition.eof': True,
    })
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error:
        raise KafkaException(found.error)
    next_offsets = dict(database.execute('SELECT partition, next FROM offsets WHERE topic = ?', (topic,)))
    consumer.assign([TopicPartition(topic, partition, next_offsets.get(partition, OFFSET_BEGINNING))
                     for partition in found.partitions])
    return consumer, len(found.partitions)


def apply_batch(database, topic, messages):
    """Applies the messages of one read in one transaction. Returns the partitions whose end was reached."""
    ended, next_offsets = set(), {}
    with database:
        for message in messages:
            if not message.error():
                apply(database, json.loads(message.value()))
                next_offsets[message.partition()] = message.offset() + 1
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            else:
                raise KafkaException(message.error())
        database.executemany('REPLACE INTO offsets VALUES (?, ?, ?)',
                             [(topic, partition, offset) for partition, offset in next_offsets.items()])
    return ended


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--brokers', required=True, metavar='HOST:PORT', help='some of the brokers, separated by commas')
    arguments.add_argument('--topic', required=True)
    arguments.add_argument('--database', required=True, metavar='FILE', help='the model; made when it is missing')
    arguments.add_argument('--once', action='store_true', help='stop at the end of the topic; else go on for ever')
    arguments.add_argument('--summary', action='store_true',
                           help='print counts as one line of JSON: at the end with --once, else when they change')
    options = arguments.parse_args()

    database = open_model(options.database)
    consumer, partitions = open_topic(options.brokers, options.topic, database)
    ended, printed, printed_at = set(), None, 0.0
    while len(ended) < partitions or not options.once:
        ended |= apply_batch(database, options.topic, consumer.consume(500, timeout=1))
        if options.summary and not options.once and time.monotonic() >= printed_at + 1:
            if (counts := summary(database)) != printed:
                print(json.dumps(counts), flush=True)
            printed, printed_at = counts, time.monotonic()
    if options.summary:
        print(json.dumps(summary(database)))
    consumer.close()


if __name__ == '__main__':
    try:
        main()
    except KafkaException as failure:
        sys.exit(f'Kafka: {failure}')
    except KeyboardInterrupt:
        pass
