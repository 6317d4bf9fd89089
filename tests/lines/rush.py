"""A rush of fans to the waiting room of event 1, through several instances, for tests of the line."""
import base64
import collections
import http.client
import json
import time
import urllib.parse
import uuid

import judge
from sale import Threads, wait_until

PEOPLE, EVERY_MS, CAPACITY = 15, 500, 40
CATALOGUE = f'''
layouts:
  club: {{seats: 50, category: Standard}}
events:
  - id: 1
    name: Long Queue
    on_sale: {{from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
    queue: {{admission: both, people: {PEOPLE}, every: {EVERY_MS}ms, capacity: {CAPACITY}, active_ttl: 2s, visit_max: 4s,
            presence_timeout: 10m, poll_min: 0s}}
    dates:
      - {{id: 1, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {{Standard: 1}}}}
'''


def place_of(token):
    """The place in a token (src/protocol/token_layout.h)."""
    text = token.removeprefix('Bearer ')
    return int.from_bytes(base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))[13:17], 'big')


class NoAnswer(Exception):
    """The call was not answered."""


class Fan:
    """Calls of one thread, which keeps its connections."""

    def __init__(self):
        self.connections = {}

    def call(self, url, method, path, token='', body=None):
        """(status, answer) of a call."""
        host = urllib.parse.urlsplit(url).netloc
        if host not in self.connections:
            self.connections[host] = http.client.HTTPConnection(host, timeout=8)
        connection = self.connections[host]
        headers = {'Content-Type': 'application/json', **({'Authorization': token} if token else {})}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or '{}')
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NoAnswer(str(error)) from None

    def close(self):
        for connection in self.connections.values():
            connection.close()


class Rush(Threads):
    """with Rush(sale, seed) as rush: rush.wait_for(100); threads of fans who join, some twice at the same time, ask again, poll and
    leave, each at any of the instances, whatever fails."""

    THREADS = 8

    def __init__(self, sale, seed):
        super().__init__(seed)
        self.sale = sale
        self.answers = []                       # judge.Answer of each join
        self.doubles = collections.deque()      # users who are joining, for another thread
        self.to_ask_again = collections.deque()  # users who do not know whether they have a place
        self.refused = collections.Counter()    # answers that are not successes, by their code; '' has calls without an answer
        self.polls = self.failed_polls = 0
        self.wrong = []

    @property
    def new_places(self):
        return sum(answer.is_new for answer in self.answers)

    def wait_for(self, places, seconds=60):
        """Waits until so many more new places were answered."""
        goal = self.new_places + places
        wait_until(f'{places} new places are answered', lambda: self.new_places >= goal, seconds)

    def run(self, chance):
        fan = Fan()
        while not self.is_over.is_set():
            urls = self.sale.urls()
            if not urls:
                time.sleep(0.02)
                continue
            try:
                self.act(fan, chance.choice(urls), chance)
            except NoAnswer:
                self.refused[''] += 1
                time.sleep(0.01)
            except Exception as error:  # so that the round fails, and not only this thread
                self.wrong.append(f'{type(error).__name__}: {error}')
                return
        fan.close()

    def act(self, fan, url, chance):
        what = chance.random()
        for waiting in (self.doubles, self.to_ask_again):
            try:
                user = waiting.popleft()
            except IndexError:
                continue
            return self.join(fan, url, user)
        if what < 0.6 or not self.answers:
            user = uuid.UUID(int=chance.getrandbits(128), version=4).hex
            if what < 0.12:
                self.doubles.append(user)
            return self.join(fan, url, user)
        known = chance.choice(self.answers)
        if what < 0.7:
            self.join(fan, url, known.user)
        elif what < 0.97:
            self.poll(fan, url, known)
        else:
            fan.call(url, 'DELETE', '/queue', known.token)

    def join(self, fan, url, user):
        asked_at = time.monotonic()
        try:
            status, said = fan.call(url, 'POST', '/queue', body={'userId': str(uuid.UUID(user)), 'eventId': 1})
        except NoAnswer:
            self.to_ask_again.append(user)
            raise
        if status not in (200, 201):
            self.refused[said.get('code', status)] += 1
            if status != 503:
                self.wrong.append(f'a join was answered {status} {said}')
            self.to_ask_again.append(user)
            time.sleep(0.05)
            return
        place = said['data']
        if judge.plain(place['userId']) != user:
            self.wrong.append(f'{user} was given a place of {place["userId"]}')
        self.answers.append(judge.Answer(user, place_of(place['token']), status == 201, asked_at, time.monotonic(), place['token']))

    def poll(self, fan, url, known):
        self.polls += 1
        try:
            status, said = fan.call(url, 'GET', '/queue', known.token)
        except NoAnswer:
            self.failed_polls += 1
            raise
        if status == 503:
            self.failed_polls += 1
            self.refused[said.get('code', status)] += 1
        elif status != 200:
            self.wrong.append(f'the owner of place {known.place} was answered {status} {said}')
        elif judge.plain(said['data']['userId']) != known.user:
            self.wrong.append(f'{known.user} was told of the place of {said["data"]["userId"]}')
