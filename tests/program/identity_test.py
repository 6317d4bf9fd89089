#!/usr/bin/env python3
"""Who is calling (R-W8, R-W9, R-O1, R-A11), with the real program: the table of src/modules/identity/call_rules.cpp is held by every
call of the API document, with every proof and every role, in every mode."""
import json
import pathlib
import re
import signal
import stat
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import report  # noqa: E402
import server  # noqa: E402

SECRET = 'secret-of-the-gateway-0123456789'
ROLES = ['gate', 'viewer', 'operator', 'owner']
KEYS = [f'{role}s:{role}:key-of-the-{role}-0123456789' for role in ROLES]
GATEWAY = ['--auth.mode=gateway', '--http.trusted_proxies=127.0.0.1', '--wallet.charge_by=operator', f'--auth.gateway_secret={SECRET}']
SALE = '''
layouts: {club: {seats: 50, category: Standard}}
events:
  - id: 1
    name: Club Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000, poll_min: 0s}
    dates: [{id: 1, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1000}}]
'''


def rules():
    """{operationId: (access, role)} of the server's own table."""
    text = (server.ROOT / 'src/modules/identity/call_rules.cpp').read_text()
    found = {call: (access, role.rstrip('_') if role else '')
             for call, access, role in re.findall(r'\{"(\w+)", (\w+)(?:, (\w+))?\},', text)}
    assert len(found) > 50, found
    return found


def key_of(role):
    return f'key-of-the-{role}-0123456789'


def bearer(token):
    return {'Authorization': f'Bearer {token}'}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.json = json.loads(body) if body[:1] in (b'{', b'[') else {}
        self.code = self.json.get('code', '')


def send(url, method='GET', headers=None, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {**({'Content-Type': 'application/json'} if data is not None else {}), **(headers or {})}
    request = urllib.request.Request(url, method=method, headers=headers, data=data)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            is_stream = answer.headers.get('Content-Type') == 'text/event-stream'
            return Answer(answer.status, answer.headers, b'' if is_stream else answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())


class IdentityTest(unittest.TestCase):
    settings = []

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / 'sale.yaml').write_text(SALE)
        cls.prepare()
        cls.server = server.Server(cls.folder, '--catalogue.file=sale.yaml', '--admin.keys=' + ','.join(KEYS), '--limits.keys=0', *cls.settings)
        cls.server.__enter__()
        cls.addClassCleanup(lambda: cls.server.__exit__())
        cls.document = json.loads(send(cls.server.url + '/openapi.json').body)

    @classmethod
    def prepare(cls):
        """What the server needs before it starts."""

    def send(self, path, method='GET', headers=None, body=None):
        return send(self.server.url + path, method, headers, body)

    def calls(self):
        """Each with a path whose ids exist nowhere."""
        for path, methods in self.document['paths'].items():
            for method, call in methods.items():
                path_of = re.sub(r'\{userId\}|(?<=/users/)\{id\}', str(uuid.uuid4()), path)
                yield call['operationId'], method.upper(), re.sub(r'\{\w+\}', '999999', path_of)

    def ask(self, method, path, headers):
        """The body has a fault, so that the answer shows only what had to be proven, and nothing is done."""
        answer = self.send(path, method, headers, None if method in ('GET', 'DELETE') else {'unknown': 1})
        self.assertLess(answer.status, 500, (method, path, answer.body))
        return answer

    def walk(self, takes):
        """takes(access, call): the names of the proofs that such a call takes. Which calls there are."""
        table, seen = rules(), set()
        for call, method, path in self.calls():
            access, role = table[call]
            seen.add(call)
            for name, headers in {'nobody': {}, **self.proofs(), **{role: bearer(key_of(role)) for role in ROLES}}.items():
                answer = self.ask(method, path, headers)
                with self.subTest(call=call, proof=name, answer=answer.body[:200]):
                    if access != 'open' and answer.headers.get('Cache-Control') != 'private, no-cache':
                        self.assertEqual(answer.headers.get('Cache-Control'), 'no-store')
                    if access == 'operator_key':
                        may = name in ROLES and (role == 'any' or ROLES.index(name) >= ROLES.index(role) and (role, name) != ('gate', 'viewer'))
                        self.assertEqual(answer.code, answer.code if may else 'FORBIDDEN' if name in ROLES else 'ADMIN_KEY_INVALID')
                        self.assertEqual(may, answer.code not in ('FORBIDDEN', 'ADMIN_KEY_INVALID'))
                    elif access != 'open':
                        self.assertEqual(answer.status != 401, name in takes(access, call))
        return seen


class TokenMode(IdentityTest):
    settings = ['--auth.session_lifetime=1h']

    def join(self, user=None):
        user = user or str(uuid.uuid4())
        place = self.send('/queue', 'POST', body={'userId': user, 'eventId': 1}).json['data']
        return user, place['token'].removeprefix('Bearer ')

    def session(self):
        user = str(uuid.uuid4())
        answer = self.send('/sessions', 'POST', body={'userId': user})
        self.assertEqual(answer.status, 201, answer.body)
        return user, answer.json['data']['token'].removeprefix('Bearer ')

    def proofs(self):
        return {'session': bearer(self.session()[1]), 'place': bearer(self.join()[1]), 'queue-token': {'queue-token': self.join()[1]}}

    def test_every_call_holds_its_rule_R_W8_R_O1(self):
        def takes(access, call):
            if access in ('named_user', 'claimed_user'):
                return ['nobody', 'session', 'place', 'queue-token', *ROLES]
            # dates and seats answer a session 403 WRONG_TOKEN_EVENT (R-W9)
            return ['place', 'queue-token'] if call in ('getPlace', 'leaveQueue', 'streamPlace') else ['session', 'place', 'queue-token']
        self.assertEqual(self.walk(takes), set(rules()))

    def test_a_session_reaches_the_wallet_and_no_turn_R_W9(self):
        user, token = self.session()
        self.assertEqual(self.send('/users/me', headers=bearer(token)).json['data'], {'userId': user})
        self.assertEqual(self.send('/users/me/balance/charge', 'PUT', bearer(token), {'amount': 5}).status, 200)
        self.assertEqual(self.send(f'/users/{user}/balance', headers=bearer(token)).json['data']['balance'], 5)
        self.assertEqual(self.send(f'/users/{uuid.uuid4()}/balance', headers=bearer(token)).code, 'FORBIDDEN')
        for method, path in (('GET', '/queue'), ('DELETE', '/queue'), ('GET', '/queue/stream')):
            self.assertEqual(self.send(path, method, bearer(token)).code, 'TOKEN_NOT_FOUND', (method, path))
        for method, path, body in (('GET', '/events/1/dates', None), ('GET', '/events/properties/1/seats', None),
                                   ('POST', '/events/seats', {'seatId': self.a_seat(), 'userId': user})):
            answer = self.send(path, method, bearer(token), body)
            self.assertEqual((answer.status, answer.code), (403, 'WRONG_TOKEN_EVENT'), (method, path))
        self.assertEqual(self.send('/client').json['data'], {'authMode': 'token', 'chargeBy': 'user', 'defaultEvent': None, 'oidc': None})

    def a_seat(self):
        _, token = self.join()
        answer = server.wait_until('the fan is inside', lambda: self.send('/events/properties/1/seats', headers=bearer(token)).json.get('data'))
        return answer['seat'][0]['id']

    def test_a_body_without_its_user_is_refused_with_all_other_faults_R_X3(self):
        answer = self.send('/queue', 'POST', body={'eventId': 'x'})
        self.assertEqual({one['path'] for one in answer.json['details']}, {'userId', 'eventId'})

    def test_revoking_ends_older_tokens_and_outlives_a_restart_R_A11(self):
        user, token = self.join()
        _, other = self.join()
        as_owner = bearer(key_of('owner'))
        self.assertEqual(self.send(f'/admin/users/{user}/revoke', 'POST', as_owner, {'before': '2090-01-01T00:00:00Z'}).code, 'INVALID_REQUEST')
        time.sleep(0.005)
        self.assertEqual(self.send(f'/admin/users/{user}/revoke', 'POST', as_owner).status, 200)
        self.assertEqual(self.send('/queue', headers=bearer(token)).code, 'TOKEN_EXPIRED')
        self.assertEqual(self.send('/users/me', headers=bearer(token)).code, 'TOKEN_EXPIRED')
        self.assertEqual(self.send('/queue', headers=bearer(other)).status, 200)
        _, renewed = self.join(user)
        self.assertNotEqual(renewed, token)
        self.assertEqual(self.send('/queue', headers=bearer(renewed)).status, 200)
        type(self).server.__exit__()
        type(self).server.__enter__()
        self.assertEqual(self.send('/queue', headers=bearer(token)).code, 'TOKEN_EXPIRED')
        self.assertEqual(self.send('/queue', headers=bearer(renewed)).status, 200)

    def test_nothing_of_a_token_is_at_rest_and_files_are_private_R_A11(self):
        user, token = self.join()
        self.assertEqual(self.send('/queue', 'DELETE', {**bearer(token), 'Idempotency-Key': 'k'}).status, 200)
        for file in self.folder.iterdir():
            if 'stagedoor.db' not in file.name:
                continue
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file.name)
            self.assertNotIn(token.encode(), file.read_bytes(), file.name)
        self.assertNotIn(token, (self.folder / 'stderr.log').read_text())

    def test_keys_say_when_they_were_used_and_nothing_of_the_secret_R_O1(self):
        answer = self.send('/admin/keys', headers=bearer(key_of('owner')))
        self.assertEqual([key['role'] for key in answer.json['data']], ROLES)
        self.assertIsNotNone(answer.json['data'][3]['lastUsedAt'])
        self.assertNotIn(b'key-of', answer.body)


class KeysAgain(unittest.TestCase):
    def test_hangup_adds_and_disables_keys_of_the_settings_R_O1(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)

            def write(*keys):
                (folder / 'stagedoor.toml').write_text('[admin]\nkeys = ' + json.dumps(list(keys)) + '\n')
            write(KEYS[3])
            with server.Server(folder) as one:
                def may(role):
                    return send(one.url + '/admin/live', headers=bearer(key_of(role))).status == 200
                self.assertEqual((may('owner'), may('viewer')), (True, False))
                request = urllib.request.Request(one.url + '/admin/live/stream', headers=bearer(key_of('owner')))
                stream = urllib.request.urlopen(request, timeout=10)
                self.addCleanup(stream.close)
                while stream.readline() != b'event: live\n':
                    pass
                write(KEYS[1])
                one.process.send_signal(signal.SIGHUP)
                server.wait_until('the new key counts', lambda: may('viewer'))
                self.assertFalse(may('owner'))
                stream.read()  # to its end, or the time is up
                write('broken')
                one.process.send_signal(signal.SIGHUP)
                server.wait_until('the refusal is logged', lambda: 'not read again' in (folder / 'stderr.log').read_text())
                self.assertTrue(may('viewer'))


class GatewayMode(IdentityTest):
    settings = GATEWAY

    def gateway(self, user=None):
        return {'X-Stagedoor-Gateway': SECRET, 'X-Stagedoor-User': user or str(uuid.uuid4())}

    def place(self, user):
        return self.send('/queue', 'POST', self.gateway(user), {'eventId': 1}).json['data']['token'].removeprefix('Bearer ')

    def proofs(self):
        user = str(uuid.uuid4())
        token = self.place(user)
        return {'proof': self.gateway(), 'both': {**self.gateway(user), 'queue-token': token}, 'place': {'queue-token': token},
                'place in Authorization': bearer(token), 'wrong secret': {**self.gateway(), 'X-Stagedoor-Gateway': SECRET[:-1] + 'x'},
                'no secret': {'X-Stagedoor-User': user}}

    def test_every_call_holds_its_rule_R_W8_R_O1(self):
        def takes(access, call):
            return {'claimed_user': ['proof', 'both'], 'user': ['proof', 'both'], 'user_and_place': ['both'],
                    'place_token': ['both', 'place'], 'stream_token': ['both', 'place']}[access]
        self.assertEqual(self.walk(takes), set(rules()) - {'beginSession'})

    def test_bodies_need_no_user_and_may_name_no_other_R_W8(self):
        user, other = str(uuid.uuid4()), str(uuid.uuid4())
        self.assertEqual(self.send('/sessions', 'POST', body={'userId': user}).status, 404)
        self.assertEqual(self.send('/users/me', headers=self.gateway(user)).json['data'], {'userId': user})
        self.assertEqual(self.send('/queue', 'POST', self.gateway(user), {'eventId': 1, 'userId': other}).code, 'FORBIDDEN')
        both = {**self.gateway(user), 'queue-token': self.place(user)}
        seats = server.wait_until('the fan is inside', lambda: self.send('/events/properties/1/seats', headers=both).json.get('data'))['seat']
        self.assertEqual(self.send('/events/seats', 'POST', both, {'seatId': seats[0]['id'], 'userId': other}).code, 'FORBIDDEN')
        self.assertEqual(self.send('/events/seats', 'POST', {**both, 'X-Stagedoor-User': other}, {'seatId': seats[0]['id']}).code, 'FORBIDDEN')
        held = self.send('/events/seats', 'POST', both, {'seatId': seats[0]['id']})
        self.assertEqual((held.status, held.json['data']['userId']), (201, user))
        self.assertEqual(self.send(f'/users/{user}/balance', headers=self.gateway(other)).code, 'FORBIDDEN')
        self.assertEqual(self.send('/users/me/balance/charge', 'PUT', self.gateway(user), {'amount': 5}).code, 'FORBIDDEN')
        self.assertEqual(self.send('/client').json['data']['authMode'], 'gateway')


if __name__ == '__main__':
    report.main()
