#!/usr/bin/env python3
"""Mode `jwt` (R-W8, R-A11), with the real program: proofs of the three algorithms and what does not count, calls and whose they are, keys that
are rotated and providers that are away."""
import json
import pathlib
import re
import sys
import tempfile
import time
import unittest
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
import identity_test
import issuer
import report
import server
from identity_test import bearer, key_of, send

SETTINGS = ['--auth.mode=jwt', f'--auth.jwt_issuer={issuer.ISSUER}', f'--auth.jwt_audience={issuer.AUDIENCE}']


class KeysInFile(identity_test.IdentityTest):
    settings = [*SETTINGS, '--auth.jwt_keys=keys.json']

    @classmethod
    def prepare(cls):
        cls.keys = {name: issuer.Key(cls.folder, name, name) for name in issuer.KEY_OPTIONS}
        cls.publish(*cls.keys.values())

    @classmethod
    def publish(cls, *keys):
        (cls.folder / 'new.json').write_text(issuer.set_of(*keys))
        (cls.folder / 'new.json').rename(cls.folder / 'keys.json')

    def proof(self, of=None, algorithm='EdDSA', **header):
        return self.keys[algorithm].proof(of, **header)

    def who(self, proof):
        return self.send('/users/me', headers=bearer(proof))

    def place(self, proof):
        joined = self.send('/queue', 'POST', bearer(proof), {'eventId': 1})
        self.assertIn(joined.status, (200, 201), joined.body)
        return {'queue-token': joined.json['data']['token'].removeprefix('Bearer ')}


class JwtMode(KeysInFile):
    def proofs(self):
        place = self.place(self.own)  # again, after a call has left the queue
        return {'proof': bearer(self.other), 'both': {**bearer(self.own), **place}, 'place': place,
                'place in Authorization': bearer(place['queue-token']), 'proof in queue-token': {'queue-token': self.own},
                'expired': bearer(self.expired), 'unsigned': bearer(issuer.unsigned()),
                'gateway': {'X-Stagedoor-User': str(uuid.uuid4()), 'X-Stagedoor-Gateway': identity_test.SECRET}}

    def test_every_call_holds_its_rule_R_W8_R_O1(self):
        self.own, self.other, self.expired = self.proof(), self.proof(algorithm='ES256'), self.proof(issuer.claims(lasts=-100))

        def takes(access, call):
            return {'claimed_user': ['proof', 'both'], 'user': ['proof', 'both'], 'user_and_place': ['both'],
                    'place_token': ['both', 'place'], 'stream_token': ['both', 'place']}[access]
        self.assertEqual(self.walk(takes), set(identity_test.rules()) - {'beginSession'})

    def test_proofs_of_each_algorithm_name_the_user_R_W8(self):
        for algorithm in self.keys:
            user = str(uuid.uuid4())
            proof = self.proof(user, algorithm)
            for _ in range(2):  # new, and seen before
                answer = self.who(proof)
                self.assertEqual((answer.status, answer.json.get('data')), (200, {'userId': user}), (algorithm, answer.body))
        self.assertEqual(self.send('/client').json['data']['authMode'], 'jwt')
        self.assertEqual(self.send('/sessions', 'POST', body={'userId': user}).status, 404)

    def test_what_does_not_count_is_refused_and_not_logged_R_W8(self):
        now, claims, key = time.time(), issuer.claims, self.keys['RS256']
        wrong = {
            'expired': self.proof(claims(lasts=-100)), 'without exp': self.proof(claims(exp=None)),
            'not yet valid': self.proof(claims(nbf=now + 1000)), 'issued later': self.proof(claims(iat=now + 1000)),
            'other issuer': self.proof(claims(iss='https://other.example')), 'other audience': self.proof(claims(aud='others')),
            'no audience': self.proof(claims(aud=None)), 'no uuid': self.proof(claims('alice')), 'no user': self.proof(claims(sub=None)),
            'none': issuer.unsigned(), 'none with a signature': self.proof(alg='none'), 'hmac by the public key': key.proof_by_hmac(),
            'other algorithm': self.proof(alg='ES256'), 'key of another algorithm': self.proof(kid='RS256'), 'unknown key': self.proof(kid='other'),
            'crit': self.proof(crit=['x'], x=1), 'b64': self.proof(b64=False), 'logout token': self.proof(typ='logout+jwt'),
            'changed': key.proof().replace('.', '.e', 1), 'nothing': 'x', 'large': 'x.' + 'y' * 6000 + '.z'}
        for name, proof in wrong.items():
            answer = self.who(proof)
            with self.subTest(name, answer=answer.body):
                self.assertEqual(answer.status, 401)
                self.assertEqual(answer.code, 'TOKEN_EXPIRED' if name in ('expired', 'without exp') else 'TOKEN_NOT_FOUND')
                self.assertIn('Bearer', answer.headers['WWW-Authenticate'])
                self.assertEqual(answer.headers['Cache-Control'], 'no-store')
                self.assertRegex(answer.json['message'], 'Sign in|sign in')
        two = [('Authorization', f'Bearer {self.proof()}'), ('Authorization', f'Bearer {self.proof()}')]
        self.assertEqual(server.raw_status(self.server.url, '/users/me', two), 401)
        log = (self.folder / 'stderr.log').read_text()
        for name, proof in wrong.items():
            self.assertNotIn(proof[:60] if len(proof) > 60 else f'"{proof}"', log, name)
        self.assertNotIn('eyJ', log)

    def test_a_new_user_joins_polls_holds_charges_and_pays_R_W8(self):
        user = str(uuid.uuid4())
        proof = self.proof(user, 'ES256')
        place = self.place(proof)
        both = {**bearer(proof), **place}
        seats = server.wait_until('the fan is inside', lambda: self.send('/events/properties/1/seats', headers=place).json.get('data'))['seat']
        self.assertEqual(self.send('/queue', headers=place).json['data']['status'], 'ACTIVATED')
        held = self.send('/events/seats', 'POST', both, {'seatId': seats[0]['id']})
        self.assertEqual((held.status, held.json['data']['userId']), (201, user), held.body)
        self.assertEqual(self.send('/users/me/balance/charge', 'PUT', bearer(proof), {'amount': 1000}).status, 200)
        path = f"/events/reservations/{held.json['data']['id']}"

        other = self.proof()
        self.assertEqual(self.send(path, headers=bearer(other)).code, 'FORBIDDEN')
        self.assertEqual(self.send(path + '/pay', 'PUT', {**bearer(other), **place}).code, 'FORBIDDEN', 'the token is another user\'s')
        self.assertEqual(self.send('/events/seats', 'POST', {**bearer(other), **place}, {'seatId': seats[1]['id']}).code, 'FORBIDDEN')
        self.assertEqual(self.send('/events/seats', 'POST', bearer(other), {'seatId': seats[1]['id']}).code, 'TOKEN_NOT_FOUND')
        self.assertEqual(self.send(f'/users/{user}/balance', headers=bearer(other)).code, 'FORBIDDEN')
        self.assertEqual(self.send('/queue', 'POST', bearer(other), {'eventId': 1, 'userId': user}).code, 'FORBIDDEN')
        self.assertNotEqual(self.place(other), place)

        self.assertEqual(self.send(path + '/pay', 'PUT', both).status, 200)
        self.assertEqual(self.send('/users/me/balance', headers=bearer(proof)).json['data']['balance'], 0)
        self.assertEqual(self.send(path, headers=bearer(self.proof(user, 'RS256'))).json['data']['status'], 'PAID', 'by any proof of the user')
        for file in self.folder.glob('stagedoor.db*'):  # R-A11
            self.assertNotIn(proof.split('.')[2].encode(), file.read_bytes(), file.name)

    def test_keys_are_rotated_while_serving_R_W8(self):
        old, new = self.keys['EdDSA'], issuer.Key(self.folder, 'new')
        proof, later = old.proof(), new.proof()
        self.assertEqual((self.who(proof).status, self.who(later).status), (200, 401))
        self.publish(new, self.keys['RS256'])
        server.wait_until('the new key counts', lambda: self.who(later).status == 200)
        self.assertEqual(self.who(proof).status, 401, 'its key was withdrawn')
        (self.folder / 'keys.json').write_text('{"keys": [')
        server.wait_until('the fault is logged', lambda: 'cannot be read; the last ones go on' in (self.folder / 'stderr.log').read_text())
        self.assertEqual(self.who(new.proof()).status, 200)
        self.publish(*self.keys.values())
        server.wait_until('all is as before', lambda: self.who(proof).status == 200)

    def test_revoking_ends_older_proofs_and_outlives_a_restart_R_A11(self):
        user, other = str(uuid.uuid4()), self.proof()
        old = self.proof(user)
        place = self.place(old)
        self.assertEqual(self.who(other).status, 200)
        time.sleep(0.005)
        self.assertEqual(self.send(f'/admin/users/{user}/revoke', 'POST', bearer(key_of('owner'))).status, 200)
        time.sleep(0.005)
        new = self.proof(user, 'RS256')
        for restarted in (False, True):
            with self.subTest(restarted=restarted):
                self.assertEqual(self.who(old).code, 'TOKEN_EXPIRED')
                self.assertEqual(self.send('/queue', 'POST', bearer(old), {'eventId': 1}).code, 'TOKEN_EXPIRED')
                self.assertEqual(self.send('/queue', headers=place).code, 'TOKEN_EXPIRED')
                self.assertEqual(self.who(new).status, 200)
                self.assertEqual(self.send('/queue', headers=self.place(new)).status, 200)
                self.assertEqual(self.who(other).status, 200)
            if not restarted:
                type(self).server.__exit__()
                type(self).server.__enter__()

    def test_metrics_are_those_of_the_page_R_A10(self):
        self.who(self.proof())
        self.who('x')
        time.sleep(1.2)  # /metrics is collected once a second
        text = self.send('/metrics').body.decode()
        page = set(re.findall(r'(?m)^\| `(stagedoor_identity_\w+)` .*only with `auth.mode = jwt`', (server.ROOT / 'docs/metrics.md').read_text()))
        self.assertEqual(set(re.findall(r'(?m)^# TYPE (stagedoor_identity_\w+)', text)), page)
        values = {name: float(value) for name, value in re.findall(r'(?m)^(stagedoor_identity_\S+) (\S+)$', text)}
        self.assertEqual(values['stagedoor_identity_keys'], 3)
        for outcome in ('verified', 'malformed'):
            self.assertGreaterEqual(values[f'stagedoor_identity_proofs_total{{outcome="{outcome}"}}'], 1, outcome)


class UsersByHash(KeysInFile):
    settings = [*KeysInFile.settings, '--auth.jwt_user_form=hash', '--auth.jwt_user_claim=email']

    def test_any_text_makes_a_user_that_others_can_compute_R_W8(self):
        expected = uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, issuer.ISSUER), 'alice@example.com')
        self.assertEqual(self.who(self.proof(issuer.claims(email='alice@example.com'))).json['data'], {'userId': str(expected)})
        self.assertEqual(self.who(self.proof()).status, 401, 'without the claim')


class KeysOfUrl(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / 'sale.yaml').write_text(identity_test.SALE)
        self.provider = issuer.Provider(server.free_port())
        self.key = issuer.Key(self.folder, 'a')

    def serve(self, *settings):
        return server.Server(self.folder, '--catalogue.file=sale.yaml', *SETTINGS, f'--auth.jwt_keys={self.provider.url}', *settings)

    def log(self):
        return (self.folder / 'stderr.log').read_text()

    def test_the_provider_may_be_away_and_unknown_keys_do_not_make_it_busy_R_W8(self):
        with self.serve('--auth.jwt_private_targets=true') as one:
            def who(proof):
                return send(one.url + '/users/me', headers=bearer(proof))
            server.wait_until('the provider is missed', lambda: 'cannot be read' in self.log())
            answer = who(self.key.proof())
            self.assertEqual((answer.status, answer.code, answer.headers['Retry-After']), (503, 'STORE_UNAVAILABLE', '1'))
            self.assertEqual(send(one.url + '/events/1').status, 200, 'what needs no proof goes on')

            self.provider.keys = issuer.set_of(self.key)
            with self.provider:
                server.wait_until('the keys are read', lambda: who(self.key.proof()).status == 200)
                self.assertEqual(self.provider.asked, 1)
                stranger = issuer.Key(self.folder, 'b').proof()
                for _ in range(300):
                    self.assertEqual(who(stranger).status, 401)
                time.sleep(1)  # two rounds of the reader
                self.assertEqual(self.provider.asked, 1, 'a minute has not passed')
            self.assertEqual(who(self.key.proof()).status, 200, 'the keys go on')

    def test_a_private_address_needs_a_setting_R_W8(self):
        self.provider.url = self.provider.url.replace('http:', 'https:')
        with self.provider, self.serve() as one:
            self.assertEqual(send(one.url + '/users/me', headers=bearer(self.key.proof())).status, 503)
        self.assertIn('its address is not public, and auth.jwt_private_targets is false', self.log())
        self.assertEqual(self.provider.asked, 0)

    def test_wrong_settings_are_explained_before_the_start_R_K3(self):
        def errors(*settings, command='serve'):
            ended = server.run(command, *SETTINGS, *settings, folder=self.folder)
            self.assertEqual((ended.returncode, ended.stdout), (2, ''))
            return ended.stderr
        (self.folder / 'broken.json').write_text(json.dumps({'keys': [{'kty': 'RSA', 'n': 'AQAB'}]}))
        for command in ('serve', 'verify-config'):
            self.assertIn('auth.jwt_keys is empty', errors(command=command))
            self.assertIn('auth.jwt_keys: missing.json: it is not a file', errors('--auth.jwt_keys=missing.json', command=command))
            self.assertIn('auth.jwt_keys: broken.json: keys[0].e is missing', errors('--auth.jwt_keys=broken.json', command=command))
            self.assertIn('auth.jwt_private_targets = true', errors(f'--auth.jwt_keys={self.provider.url}', command=command))


if __name__ == '__main__':
    report.main()
