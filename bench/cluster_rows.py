"""The rows of ./x bench cluster: instances over PostgreSQL, everything on both cores, against pgbench on the same server."""
import concurrent.futures
import json

from rows import BUYERS, EVENT_SELL, EVENT_WAIT, SEATS_PER_DATE, Result, catalogue, rate
from servers import Postgres, Stagedoor, expect_only, load, median, say

DATES = 15             # at most; of 100,000 seats
HOLD_SECONDS = 2       # at most, so that the seats last
CONNECTIONS = 1024
HOT_CLIENTS = 64  # of pgbench on its hot row
BOTH_CORES = '0,1'


class Cluster:
    """A PostgreSQL with the work of pgbench in one database and a sale in another, and the instances that serve it."""

    def __init__(self, bench, instances, settings=()):
        self.bench, self.postgres, self.instances = bench, Postgres(bench.new_folder('postgres')), []
        self.settings = list(settings)
        self.postgres.psql('-c', 'create database sale')
        self.catalogue = bench.new_folder('catalogue') / 'bench.yaml'
        self.catalogue.write_text(catalogue((1 if bench.dates == 1 else DATES)))
        self.seats, self.next = (1 if bench.dates == 1 else DATES) * SEATS_PER_DATE, 0
        for _ in range(instances):
            self.add()

    def add(self):
        begin_with = self.catalogue if not self.instances else None
        self.instances.append(Stagedoor(self.bench.new_folder('instance'), begin_with, cores=BOTH_CORES,
                                        settings=[f'store.url={self.postgres.url("sale")}', f'auth.keys={"k" * 32}', *self.settings]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.instances:
            server.stop()
        self.postgres.stop()

    def join(self, event, count):
        folder = self.bench.new_folder('users')
        answers, values = folder / 'answers', folder / 'values'
        expect_only(load(self.instances[0].port, connections=256, requests=count, method='POST', target='/queue', answers=answers,
                         body=f'{{"userId":"{{uuid}}","eventId":{event}}}'), '201')
        places = [json.loads(line)['data'] for line in answers.open()]
        values.write_text(''.join(f"{place['userId']}\t{place['token']}\n" for place in places))
        server, token = self.instances[0], places[-1]['token']
        while event == EVENT_SELL and server.ask('GET', '/queue', token)['status'] != 'ACTIVATED':
            pass
        if event == EVENT_SELL:
            self.first_seat = min(seat['id'] for seat in server.ask('GET', f'/events/properties/{EVENT_SELL * 1000}/seats', token)['seat'])
        return values

    def each(self, work):
        """work(instance, its number) for all instances at once; the sum of what they give."""
        with concurrent.futures.ThreadPoolExecutor(len(self.instances)) as pool:
            return sum(pool.map(work, self.instances, range(len(self.instances))))

    def holds(self, values, instances):
        """Holds per second through the first so many instances, with as many connections in all."""
        seconds = min(HOLD_SECONDS, self.bench.seconds)
        each_run = self.seats // (4 * self.bench.rounds)
        first, share = self.next, each_run // instances  # numbers of seats, so that none comes twice
        self.next += each_run

        def run(server, number):
            if number >= instances:
                return 0
            report = load(server.port, connections=CONNECTIONS // instances, seconds=seconds, warm_up=min(1, seconds / 4),
                          first=first + number * share, method='POST', target='/events/seats', headers=['Authorization: {2}'],
                          body='{"seatId":{s},"userId":"{1}"}', values=values, scatter_first=self.first_seat,
                          scatter_count=self.seats, scatter_piece=SEATS_PER_DATE, cores=BOTH_CORES)
            if report['sent'] > share:
                raise RuntimeError(f'{report["sent"]:,} holds, {share:,} seats were set aside')
            return expect_only(report, '201', '404 SEAT_NOT_FOUND')['perSecond']
        return self.each(run)


def compare(bench, work, ours, other, floor, other_name):
    """A-B-B-A of two functions that measure a rate."""
    measured = []
    for number in range(bench.rounds):
        a, b = ours(), other()
        b += other()
        a += ours()
        measured.append((a / 2, b / 2, a / b))
        say(f'  round {number + 1}/{bench.rounds}: {a / 2:,.0f}/s, {other_name} {b / 2:,.0f}/s, ratio {a / b:.2f}')
    return Result(work, rate([a for a, _, _ in measured]), f'{other_name}: {rate([b for _, b, _ in measured])}',
                  median([ratio for _, _, ratio in measured]), floor, True,
                  runs=[{'stagedoor': a, 'other': b, 'ratio': r} for a, b, r in measured])


def cluster_hold(bench):
    """Durable holds over PostgreSQL: one instance against one transaction per request (pgbench, the same server), and
    three instances against one, 1,024 connections in all."""
    with Cluster(bench, 1) as cluster:
        cluster.postgres.find_best_clients(bench.seconds / 2)
        values = cluster.join(EVENT_SELL, BUYERS)
        yield compare(bench, 'hold, one instance', lambda: cluster.holds(values, 1),
                      lambda: cluster.postgres.hold(bench.seconds), 2.5, 'pgbench, one transaction each')
    with Cluster(bench, 3) as cluster:
        values = cluster.join(EVENT_SELL, BUYERS)
        yield compare(bench, 'hold, three instances', lambda: cluster.holds(values, 3), lambda: cluster.holds(values, 1), 0.9,
                      'one instance')


def cluster_charge(bench):
    """Charges on one wallet through one instance, against pgbench's transactions on one hot row at 64 clients."""
    with Cluster(bench, 1) as cluster:
        values = cluster.join(EVENT_SELL, 1)

        def charges():
            report = load(cluster.instances[0].port, connections=CONNECTIONS, seconds=bench.seconds,
                          warm_up=min(1, bench.seconds / 4), method='PUT', target='/users/{1}/balance/charge',
                          headers=['Authorization: {2}'], body='{"amount":1}', values=values, cores=BOTH_CORES)
            return expect_only(report, '200')['perSecond']
        yield compare(bench, 'charges on one wallet', charges, lambda: cluster.postgres.charge_hot_row(bench.seconds, HOT_CLIENTS),
                      20, 'pgbench, one hot row')


def cluster_poll(bench):
    """Status polls of one instance while two others serve the same store, against the same without them."""
    def polls(cluster, values):
        report = load(cluster.instances[0].port, connections=64, seconds=bench.seconds, warm_up=min(1, bench.seconds / 4),
                      target='/queue', headers=['Authorization: {2}'], values=values)
        return expect_only(report, '200')['perSecond']
    with Cluster(bench, 1) as alone, Cluster(bench, 3) as three:
        values = [cluster.join(EVENT_WAIT, 20_000) for cluster in (alone, three)]
        yield compare(bench, 'status polls, three instances', lambda: polls(three, values[1]), lambda: polls(alone, values[0]), 0.9,
                      'one instance')


ROWS = {'cluster-hold': cluster_hold, 'cluster-charge': cluster_charge, 'cluster-poll': cluster_poll}
