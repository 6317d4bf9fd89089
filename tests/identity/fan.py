"""A fan of modes `gateway` and `jwt`: each call has their proof of identity, and the token of their place."""
import contextlib
import http.client
import json
import urllib.parse

import server

PRICE = 1000
SALE = f'''
layouts: {{club: {{seats: 50, category: Standard}}}}
events:
  - id: 1
    name: Club Night
    on_sale: {{from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
    queue: {{admission: capacity, capacity: 1000, poll_min: 0s}}
    dates: [{{id: 1, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {{Standard: {PRICE}}}}}]
'''
KEY = 'key-of-the-owner-0123456789'


class Answer:
    def __init__(self, status, body):
        self.status, self.body = status, body
        self.json = json.loads(body) if body[:1] == b'{' else {}
        self.code, self.data = self.json.get('code', ''), self.json.get('data')

    def __repr__(self):
        return f'{self.status} {self.body[:300]!r}'


def send(url, method='GET', headers=(), body=None, source='127.0.0.1'):
    """`headers` are pairs, so that one can stand twice. Of an event stream only the first line is read."""
    where = urllib.parse.urlsplit(url)
    data = b'' if body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20, source_address=(source, 0))
    with contextlib.closing(connection):
        connection.putrequest(method, url[url.index(where.netloc) + len(where.netloc):])
        for name, value in [*headers, *([('Content-Type', 'application/json'), ('Content-Length', str(len(data)))] if data else [])]:
            connection.putheader(name, value)
        connection.endheaders(data or None)
        answer = connection.getresponse()
        is_stream = answer.getheader('Content-Type', '').startswith('text/event-stream')
        return Answer(answer.status, answer.readline() if is_stream else answer.read())


def charge(server_url, user, amount):
    """By an operator, at the server itself: nginx closes /admin to the public."""
    answer = send(f'{server_url}/admin/users/{user}/balance/charge', 'POST', [('Authorization', f'Bearer {KEY}')], {'amount': amount})
    assert answer.status == 200, answer


class Fan:
    def __init__(self, url, proof):
        self.url, self.proof, self.token = url, list(proof.items()), None

    def send(self, method, path, body=None, headers=()):
        place = [('queue-token', self.token)] if self.token else []
        return send(self.url + path, method, [*self.proof, *place, *headers], body)

    def data_of(self, status, method, path, body=None):
        answer = self.send(method, path, body)
        assert answer.status == status, (method, path, answer)
        return answer.data

    def user(self):
        return self.data_of(200, 'GET', '/users/me')['userId']

    def join(self):
        place = self.data_of(201, 'POST', '/queue', {'eventId': 1})
        self.token = place['token'].removeprefix('Bearer ')
        return place

    def enter(self):
        self.join()
        server.wait_until('it is their turn', lambda: self.data_of(200, 'GET', '/queue')['status'] == 'ACTIVATED')

    def hold(self):
        """The reservation. The caller has entered."""
        date = self.data_of(200, 'GET', '/events/1/dates')[0]['id']
        seat = self.data_of(200, 'GET', f'/events/properties/{date}/seats?status=AVAILABLE')['seat'][0]['id']
        return self.data_of(201, 'POST', '/events/seats', {'seatId': seat})

    def buy(self, server_url):
        """The whole way to a seat that is paid for; the reservation."""
        self.enter()
        held = self.hold()
        path = f'/events/reservations/{held["id"]}/pay'
        refused = self.send('PUT', path)
        assert (refused.status, refused.code) == (402, 'NOT_ENOUGH_BALANCE'), refused
        charge(server_url, held['userId'], PRICE)
        paid = self.data_of(200, 'PUT', path)
        assert (paid['status'], paid['userId']) == ('PAID', held['userId']), paid
        return paid
