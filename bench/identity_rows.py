"""The rows of ./x bench identity: joins in mode jwt with new proofs of each algorithm and with proofs seen before, against joins in mode token;
and polls beside new proofs."""
import json
import subprocess

from rows import EVENT_WAIT, Result, catalogue, rate
from servers import BUILD, Stagedoor, expect_only, finish_load, load, median, say, start_load

PROOFS = BUILD / 'bench/bench_proofs'
JOINS_PER_SECOND = 10_000  # as many requests as a run of so many seconds would have at this rate
FLOORS = {'RS256': 0.2, 'ES256': 0.1, 'EdDSA': 0.1}
SEEN = 'EdDSA'             # whose proofs are used a second time
CONNECTIONS = 1024
WAITERS = 2000
POLLS, NEW_PROOFS = 5000, 5000  # a second
P99_MOST = 1.25                 # beside new proofs, of what it is without them


class Provider:
    """Keys and `count` proofs of each algorithm, as files of bench_load: user, tab, proof."""

    def __init__(self, bench, count):
        self.folder, self.count = bench.new_folder('proofs'), count
        say(f'  signing {count:,} proofs of each algorithm …')
        subprocess.run([PROOFS, '--folder', self.folder, '--count', str(count)], check=True)

    def file(self, algorithm):
        return self.folder / algorithm

    def settings(self):
        return ['auth.mode=jwt', f'auth.jwt_keys={self.folder}/keys.json', 'auth.jwt_issuer=https://id.example', 'auth.jwt_audience=tickets']


def fresh_server(bench, name, settings=()):
    folder = bench.new_folder(name)
    (folder / 'bench.yaml').write_text(catalogue(1))
    return Stagedoor(folder, folder / 'bench.yaml', settings=settings)


def joins(server, provider, algorithm, by_proof):
    """Of every user of the file, once."""
    proven = {'headers': ['Authorization: Bearer {2}'], 'body': f'{{"eventId":{EVENT_WAIT}}}'}
    named = {'body': f'{{"userId":"{{1}}","eventId":{EVENT_WAIT}}}'}
    return expect_only(load(server.port, connections=CONNECTIONS, requests=provider.count, method='POST', target='/queue',
                            values=provider.file(algorithm), **(proven if by_proof else named)), '201')['perSecond']


def by_token(bench, provider):
    with fresh_server(bench, 'token') as server:
        return joins(server, provider, SEEN, False)


def by_new_proof(bench, provider, algorithm):
    with fresh_server(bench, algorithm, provider.settings()) as server:
        return joins(server, provider, algorithm, True)


def by_seen_proof(bench, provider):
    with fresh_server(bench, 'seen', provider.settings()) as server:
        expect_only(load(server.port, connections=CONNECTIONS, requests=provider.count, target='/users/me', values=provider.file(SEEN),
                         headers=['Authorization: Bearer {2}']), '200')
        return joins(server, provider, SEEN, True)


def identity_joins(bench):
    """Joins of new users by proofs of identity, 1,024 connections, against joins in mode token."""
    provider = Provider(bench, max(1000, int(JOINS_PER_SECOND * bench.seconds)))
    ways = {**{f'new proofs, {algorithm}': (lambda algorithm=algorithm: by_new_proof(bench, provider, algorithm), floor)
               for algorithm, floor in FLOORS.items()},
            f'proofs seen before, {SEEN}': (lambda: by_seen_proof(bench, provider), 0.8)}
    for name, (measure, floor) in ways.items():
        ours, others, ratios = [], [], []
        for number in range(bench.rounds):
            a, b = measure(), by_token(bench, provider)
            b += by_token(bench, provider)
            a += measure()
            ours, others, ratios = ours + [a / 2], others + [b / 2], ratios + [a / b]
            say(f'  {name}, round {number + 1}/{bench.rounds}: {a / 2:,.0f}/s, token {b / 2:,.0f}/s, ratio {a / b:.2f}')
        yield Result(f'joins by {name}', rate(ours), f'mode token: {rate(others)}', median(ratios), floor, True,
                     runs=[{'proof': a, 'token': b, 'ratio': r} for a, b, r in zip(ours, others, ratios)])


class Polls:
    """A server with people who wait, and new proofs to send beside their polls."""

    def __init__(self, bench, provider, algorithm, server):
        self.bench, self.provider, self.algorithm, self.server = bench, provider, algorithm, server
        self.next = WAITERS  # the first proof that the server has not seen
        answers, self.waiters = provider.folder / 'answers', provider.folder / 'waiters'
        expect_only(load(server.port, connections=64, requests=WAITERS, method='POST', target='/queue', values=provider.file(algorithm),
                         headers=['Authorization: Bearer {2}'], body=f'{{"eventId":{EVENT_WAIT}}}', answers=answers), '201')
        self.waiters.write_text(''.join(json.loads(line)['data']['token'] + '\n' for line in answers.open()))

    def p99_ms(self, with_proofs):
        """Of polls, and how many new proofs a second were accepted beside them."""
        timing = {'seconds': self.bench.seconds, 'warm_up': min(1, self.bench.seconds / 4)}
        beside = None
        if with_proofs:
            beside = start_load(self.server.port, connections=256, rate=NEW_PROOFS, target='/users/me', values=self.provider.file(self.algorithm),
                                first=self.next, headers=['Authorization: Bearer {2}'], **timing)
        polls = expect_only(load(self.server.port, connections=64, rate=POLLS, target='/queue', values=self.waiters,
                                 headers=['queue-token: {1}'], **timing), '200')
        accepted = 0
        if beside:
            report = expect_only(finish_load(beside), '200', '503 OVERLOADED')
            self.next += report['sent']
            accepted = report['acceptedPerSecond']
        return polls['latencyUs']['p99'] / 1000, accepted


def identity_polls(bench):
    """The p99 of 5,000 polls a second beside 5,000 new proofs a second, against the same without."""
    runs = 2 * bench.rounds
    provider = Provider(bench, WAITERS + int(NEW_PROOFS * (bench.seconds + min(1, bench.seconds / 4)) * runs * 1.1))
    for algorithm in FLOORS:
        ours, others, ratios, accepted = [], [], [], []
        with fresh_server(bench, f'polls-{algorithm}', provider.settings()) as server:
            polls = Polls(bench, provider, algorithm, server)
            for number in range(bench.rounds):
                (a, n), (b, _) = polls.p99_ms(True), polls.p99_ms(False)
                b, (c, m) = b + polls.p99_ms(False)[0], polls.p99_ms(True)
                a += c
                ours, others, ratios, accepted = ours + [a / 2], others + [b / 2], ratios + [a / b], accepted + [(n + m) / 2]
                say(f'  {algorithm}, round {number + 1}/{bench.rounds}: p99 {a / 2:.2f} ms beside {(n + m) / 2:,.0f} new proofs/s, '
                    f'{b / 2:.2f} ms without, ratio {a / b:.2f}')
        yield Result(f'p99 of polls beside new proofs, {algorithm}', f'{median(ours):.2f} ms, {median(accepted):,.0f} proofs/s',
                     f'without: {median(others):.2f} ms', median(ratios), P99_MOST, False,
                     runs=[{'beside': a, 'without': b, 'ratio': r, 'proofs': n} for a, b, r, n in zip(ours, others, ratios, accepted)])


ROWS = {'identity-joins': identity_joins, 'identity-polls': identity_polls}
