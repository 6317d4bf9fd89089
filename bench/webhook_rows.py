"""The row `events-webhooks` of ./x bench events: holds beside webhook receivers that misbehave (R-E5). The receiver has the core of the
load generator and gives way to it. Of the two servers, the one that is not measured is stopped with SIGSTOP."""
import contextlib
import os
import signal
import subprocess
import sys
import time

import servers
from bad_receiver import WAYS
from rows import Result, hold_request
from servers import LOAD_CORE, expect_only, load, median, pinned, say

OFFERED = 5000       # holds a second
PAIRS = 9
SECONDS = 1.2        # of a run; WARM_UP before it is not measured
WARM_UP = 0.3
CONNECTIONS = 1024
RECOVERY = 3         # seconds
PATIENCE = 20        # seconds until the sink tries again and its first deliveries are done
SECRET = 'bench-webhook-secret-0123456789'
NOTES = servers.ROOT / 'build/bench-webhooks.md'


class Receiver(servers.Process):
    def __init__(self, folder, way):
        super().__init__(['nice', '-n', 10, *pinned(LOAD_CORE, [sys.executable, servers.ROOT / 'bench/bad_receiver.py', way])], folder,
                         stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def behave(self):
        self.process.send_signal(signal.SIGUSR1)

    def stop(self):
        super().stop()
        self.process.stdout.close()


def settings(receiver, way):
    scheme, private = ('https', 'false') if way == 'private address' else ('http', 'true')
    return [f'events.sinks=crm={scheme}://127.0.0.1:{receiver.port}/', f'events.webhook_secrets={SECRET}', f'events.private_targets={private}',
            'events.give_up_after=1s']


class Sale:
    """A server of holds, stopped except within its runs."""

    def __init__(self, world, settings=()):
        self.world, self.next, self.server = world, 0, world.copy('holds', settings)
        self.signal(signal.SIGSTOP)
        self.run(0.5)  # what a start costs is not measured

    def signal(self, number):
        os.kill(self.server.process.pid, number)

    @contextlib.contextmanager
    def running(self):
        self.signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.signal(signal.SIGSTOP)

    def run(self, seconds):
        """(answered holds a second, their p50 in ms)"""
        with self.running():
            report = load(self.server.port, seconds=seconds, warm_up=WARM_UP, first=self.next, rate=OFFERED,
                          **hold_request(self.world, CONNECTIONS))
        self.next += report['sent']
        if self.next > self.world.seats:
            raise RuntimeError(f'{self.next:,} holds, but only {self.world.seats:,} seats: raise --dates')
        expect_only(report, '201', '404 SEAT_NOT_FOUND')
        return report['perSecond'], report['latencyUs']['p50'] / 1000

    def sink(self):
        return self.server.ask('GET', '/admin/sinks', f'Bearer {servers.OPERATOR_KEY}')[0]

    def stop(self):
        self.signal(signal.SIGCONT)
        self.server.stop()


def recovery(sale, receiver, way):
    """What the sink had at the end, and how many events a second it accepts when the receiver is well."""
    with sale.running():
        end = sale.sink()
        if way == 'private address':
            return end, None  # ends with a change of the settings
        receiver.behave()
        until = time.monotonic() + PATIENCE
        while sale.sink()['behind'] == end['behind'] > 0 and time.monotonic() < until:
            time.sleep(0.1)
        begin, since = sale.sink()['behind'], time.monotonic()
        time.sleep(RECOVERY)
        return end, (begin - sale.sink()['behind']) / (time.monotonic() - since)


def spread(values):
    return f'{median(values):.2f} ({min(values):.2f} to {max(values):.2f})'


def pairs_of(bench, sale, without):
    """[((rate, p50) with the webhook, (rate, p50) without)], the first of them in turn."""
    is_quick = bench.dates == 1
    got = []
    for number in range(1 if is_quick else max(PAIRS, bench.rounds)):
        order = (sale, without) if number % 2 else (without, sale)
        measured = {which: which.run(min(bench.seconds, SECONDS)) for which in order}
        got.append((measured[sale], measured[without]))
    return got


def webhooks(bench):
    """Holds at 5,000/s offered beside webhook receivers that misbehave, against no sink: in pairs."""
    world, lines = bench.make_world(), []
    without = Sale(world)
    try:
        for way in WAYS:
            with contextlib.ExitStack() as stack:
                receiver = stack.enter_context(Receiver(bench.new_folder('receiver'), way))
                sale = Sale(world, settings(receiver, way))
                stack.callback(sale.stop)
                got = pairs_of(bench, sale, without)
                end, recovers = recovery(sale, receiver, way)
            rates, p50s = ([a[i] / max(b[i], 0.001) for a, b in got] for i in (0, 1))
            base = [b[1] for _, b in got]
            own = max(base) / max(median(base), 0.001)  # how far the p50 without a sink is from its own median
            recovery_text = '-' if recovers is None else f'{recovers:,.0f}/s'
            lines.append(f'| {way} | {spread(rates)} | {spread(p50s)} | {median(base):.2f} ms, {min(base):.2f} to {max(base):.2f} | '
                         f'{end["behind"]:,} | {end["parkedEvents"]:,} | {end["deadLetters"]:,} | {recovery_text} |')
            say(f'  {way}: holds × {spread(rates)}, p50 × {spread(p50s)}, behind {end["behind"]:,}, recovers {recovery_text}')
            yield Result(f'p50 of holds at {OFFERED:,}/s offered, webhook: {way}', f'{median([a[1] for a, _ in got]):.2f} ms',
                         f'no sink: {median(base):.2f} ms; holds {median(rates):.2f} ×', median(p50s), own, False,
                         runs=[{'with': a, 'without': b} for a, b in got])
    finally:
        without.stop()
    NOTES.write_text(f'Holds at {OFFERED:,}/s offered beside a webhook, {len(got)} interleaved pairs of {min(bench.seconds, SECONDS):.1f} s for each '
                     'receiver; ratios to no sink: median (least to most).\n\n'
                     '| the receiver | holds a second, ratio | p50, ratio | p50 without a sink | behind at the end | parked | dead letters | '
                     'accepts when it is well |\n|---|---|---|---|---|---|---|---|\n' + '\n'.join(lines) + '\n')
    say('\n' + NOTES.read_text())


ROWS = {'events-webhooks': webhooks}
