"""The rows of ./x bench identity: joins in mode jwt with new proofs of each algorithm and with proofs seen before, against joins in mode token;
and polls beside new proofs, against polls alone and beside proofs seen before."""
import itertools
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
POLLS, PROOFS_PER_SECOND = 5000, 5000
P99_MOST = 1.25            # beside new proofs, of what it is without them


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


PROVEN = {'headers': ['Authorization: Bearer {2}'], 'body': f'{{"eventId":{EVENT_WAIT}}}'}
NAMED = {'body': f'{{"userId":"{{1}}","eventId":{EVENT_WAIT}}}'}
NAMED_AS_LONG = {**NAMED, 'headers': ['X-Not-Looked-At: {2}']}  # what only the length of the request costs


def joins(server, provider, algorithm, request):
    """Of every user of the file, once."""
    return expect_only(load(server.port, connections=CONNECTIONS, requests=provider.count, method='POST', target='/queue',
                            values=provider.file(algorithm), **request), '201')['perSecond']


def by_token(bench, provider, request=NAMED):
    with fresh_server(bench, 'token') as server:
        return joins(server, provider, SEEN, request)


def by_new_proof(bench, provider, algorithm):
    with fresh_server(bench, algorithm, provider.settings()) as server:
        return joins(server, provider, algorithm, PROVEN)


def by_seen_proof(bench, provider):
    with fresh_server(bench, 'seen', provider.settings()) as server:
        expect_only(load(server.port, connections=CONNECTIONS, requests=provider.count, target='/users/me', values=provider.file(SEEN),
                         headers=['Authorization: Bearer {2}']), '200')
        return joins(server, provider, SEEN, PROVEN)


def identity_joins(bench):
    """Joins of new users by proofs of identity, 1,024 connections, against joins in mode token."""
    provider = Provider(bench, max(1000, int(JOINS_PER_SECOND * bench.seconds)))
    ways = [*((f'new proofs, {algorithm}', lambda algorithm=algorithm: by_new_proof(bench, provider, algorithm), NAMED, floor)
              for algorithm, floor in FLOORS.items()),
            *((f'proofs seen before, {SEEN}', lambda: by_seen_proof(bench, provider), request, 0.8) for request in (NAMED, NAMED_AS_LONG))]
    for name, measure, request, floor in ways:
        other = 'mode token' if request is NAMED else 'mode token, requests as long'
        ours, others, ratios = [], [], []
        for number in range(bench.rounds):
            a, b = measure(), by_token(bench, provider, request)
            b += by_token(bench, provider, request)
            a += measure()
            ours, others, ratios = ours + [a / 2], others + [b / 2], ratios + [a / b]
            say(f'  {name}, round {number + 1}/{bench.rounds}: {a / 2:,.0f}/s, {other} {b / 2:,.0f}/s, ratio {a / b:.2f}')
        yield Result(f'joins by {name}', rate(ours), f'{other}: {rate(others)}', median(ratios), floor, True,
                     runs=[{'proof': a, 'token': b, 'ratio': r} for a, b, r in zip(ours, others, ratios)])


class Polls:
    """A server with people who wait, whose proofs it has seen, and new proofs to send beside their polls."""

    def __init__(self, bench, provider, algorithm, server):
        self.bench, self.provider, self.algorithm, self.server = bench, provider, algorithm, server
        self.next = WAITERS  # the first proof that the server has not seen
        answers, self.waiters, self.seen = (provider.folder / name for name in ('answers', 'waiters', 'seen'))
        expect_only(load(server.port, connections=64, requests=WAITERS, method='POST', target='/queue', values=provider.file(algorithm),
                         headers=['Authorization: Bearer {2}'], body=f'{{"eventId":{EVENT_WAIT}}}', answers=answers), '201')
        self.waiters.write_text(''.join(json.loads(line)['data']['token'] + '\n' for line in answers.open()))
        with provider.file(algorithm).open() as proofs:
            self.seen.write_text(''.join(itertools.islice(proofs, WAITERS)))

    def p99_ms(self, kind):
        """Of polls, alone or beside 'new' or 'seen' proofs; and how many proofs a second were accepted beside them."""
        timing = {'seconds': self.bench.seconds, 'warm_up': min(1, self.bench.seconds / 4)}
        beside = None
        if kind != 'alone':
            proofs = {'values': self.seen} if kind == 'seen' else {'values': self.provider.file(self.algorithm), 'first': self.next}
            beside = start_load(self.server.port, connections=256, rate=PROOFS_PER_SECOND, target='/users/me',
                                headers=['Authorization: Bearer {2}'], **proofs, **timing)
        polls = expect_only(load(self.server.port, connections=64, rate=POLLS, target='/queue', values=self.waiters,
                                 headers=['queue-token: {1}'], **timing), '200')
        accepted = 0
        if beside:
            report = expect_only(finish_load(beside), '200', '503 OVERLOADED')
            self.next += report['sent'] if kind == 'new' else 0
            accepted = report['acceptedPerSecond']
        return polls['latencyUs']['p99'] / 1000, accepted


def identity_polls(bench):
    """The p99 of 5,000 polls a second beside 5,000 new proofs a second, against the same alone and beside as many proofs seen before."""
    runs = 2 * bench.rounds
    provider = Provider(bench, WAITERS + int(PROOFS_PER_SECOND * (bench.seconds + min(1, bench.seconds / 4)) * runs * 1.1))
    for algorithm in FLOORS:
        rounds = []
        with fresh_server(bench, f'polls-{algorithm}', provider.settings()) as server:
            polls = Polls(bench, provider, algorithm, server)
            for number in range(bench.rounds):
                sums = dict.fromkeys(('new', 'seen', 'alone', 'proofs'), 0)
                for kind in ('new', 'alone', 'seen', 'seen', 'alone', 'new'):
                    p99, accepted = polls.p99_ms(kind)
                    sums[kind] += p99 / 2
                    sums['proofs'] += accepted / 2 if kind == 'new' else 0
                rounds.append(sums)
                say(f'  {algorithm}, round {number + 1}/{bench.rounds}: p99 {sums["new"]:.2f} ms beside {sums["proofs"]:,.0f} new proofs/s, '
                    f'{sums["seen"]:.2f} ms beside seen ones, {sums["alone"]:.2f} ms alone')
        ours = f'{median(one["new"] for one in rounds):.2f} ms, {median(one["proofs"] for one in rounds):,.0f} proofs/s'
        for kind, other in (('alone', 'alone'), ('seen', 'beside seen ones')):
            yield Result(f'p99 of polls beside new proofs, {algorithm}', ours, f'{other}: {median(one[kind] for one in rounds):.2f} ms',
                         median(one['new'] / one[kind] for one in rounds), P99_MOST, False, runs=rounds)


ROWS = {'identity-joins': identity_joins, 'identity-polls': identity_polls}
