#!/usr/bin/env python3
"""deploy/identity as it stands there (R-W8): a real OpenID provider (npm: oidc-provider) and a real server with auth.mode = jwt, both behind
nginx. The commands of docs/identity.md are executed; then keys are rotated, and the provider stops.

STAGEDOOR_TEST_LONG=1 also waits until the server reads the keys again (a minute). With STAGEDOOR_IDENTITY_LOG=docs/identity-run.md the run
is written there."""
import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs/identity-run.md'
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tests/tidy')]
import checks
import fan
import nginx
import report
import server
from deployment import EXAMPLE, LOGIN, SERVER, SITE, Copy, Run, missing, sign_in

LONG = bool(os.environ.get('STAGEDOOR_TEST_LONG'))
LOG = os.environ.get('STAGEDOOR_IDENTITY_LOG')
API, OTHER_API = 'https://tickets.example', 'https://other.example'
COMMANDS, ACCESS, KEYS = HEADINGS = [
    'The commands of identity.md, and what they printed', 'What nginx logged', 'Keys that change, and a provider that stops']
log = {}  # heading -> text


def hidden(text):
    """Whether it has something that must not be published."""
    return re.search(r'eyJ[\w-]{10}|[0-9a-f]{32}(?![0-9a-f-])|[\w-]{70,}|code=|key-of-the-owner', text)


def header_of(token):
    head = token.split('.')[0]
    return json.loads(base64.urlsafe_b64decode(head + '=' * (-len(head) % 4)))


@unittest.skipIf(missing(), missing())
class IdentityProvider(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = cls.enterClassContext(Run(cls.enterClassContext(tempfile.TemporaryDirectory()), '--client=tickets', '--client=other'))

    def status(self, token):
        return self.run_.fan_with(token).send('GET', '/users/me').status

    def test_a_fan_signs_in_joins_polls_books_and_pays_R_W8(self):
        token = self.run_.token('kim')
        self.assertEqual((header_of(token)['typ'], header_of(token)['alg']), ('JWT', 'RS256'))
        kim = self.run_.fan_with(token)
        issuer = self.run_.url(LOGIN)
        self.assertEqual(kim.buy(self.run_.url(SERVER))['userId'], str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, issuer), 'kim')))
        self.assertEqual(fan.send(f'{self.run_.url(SITE)}/client').data['oidc'],
                         {'issuer': issuer, 'clientId': 'tickets', 'scope': 'openid offline_access'})

    def test_who_signs_in_twice_is_the_same_user(self):
        self.assertEqual(self.run_.fan('lee').user(), self.run_.fan('lee').user())
        self.assertNotEqual(self.run_.fan('lee').user(), self.run_.fan('ann').user())

    def test_what_the_provider_issues_for_others_proves_nothing_R_W8(self):
        answer = self.run_.sign_in('kim')
        self.assertEqual(self.status(answer['id_token']), 200)
        self.assertEqual(self.status(answer['access_token']), 401)  # for an API
        self.assertEqual(self.status(self.run_.token('kim', client='other')), 401)
        head, body, signature = answer['id_token'].split('.')
        self.assertEqual(self.status(f'{head}.{body}.{signature[:-9]}{"B" if signature[-9] == "A" else "A"}{signature[-8:]}'), 401)

    def test_a_place_needs_the_proof_of_its_user_R_W8(self):
        bob, eve = self.run_.fan('bob'), self.run_.fan('eve')
        bob.enter()
        seat = bob.hold()['seatId'] + 1
        eve.token = bob.token
        answer = eve.send('POST', '/events/seats', {'seatId': seat})
        self.assertEqual((answer.status, answer.code), (403, 'FORBIDDEN'))
        bob.proof = []
        self.assertEqual(bob.send('POST', '/events/seats', {'seatId': seat}).status, 401)
        self.assertEqual(self.status(bob.token), 401)

    def test_what_is_for_operators_is_closed_to_the_public_R_A10(self):
        for path in ('/admin/live', '/metrics', '/docs', '/console'):
            answer = fan.send(self.run_.url(SITE) + path, headers=[('Authorization', f'Bearer {fan.KEY}')])
            self.assertEqual(answer.status, 404, path)

    def test_logs_have_no_token_R_A11(self):
        bob = self.run_.fan('dan')
        bob.join()
        self.assertEqual(bob.send('GET', f'/queue/stream?token={bob.token}').status, 200)
        server.wait_until('nginx logged the stream', lambda: '/queue/stream' in (self.run_.folder / 'access.log').read_text())
        for name in ('access.log', 'processes.log', 'stderr.log'):
            text = (self.run_.folder / name).read_text()
            for secret in (bob.token, bob.proof[0][1].removeprefix('Bearer '), 'code=', 'token='):
                self.assertNotIn(secret, text, name)


@unittest.skipIf(missing(), missing())
class WithoutPages(unittest.TestCase):
    """Fans of an app that calls the server as an API of the provider: the settings that docs/identity.md says."""

    def test_access_tokens_for_the_server_count_and_those_for_others_do_not_R_W8(self):
        with (tempfile.TemporaryDirectory() as folder,
              Run(folder, f'--audience={API}', f'--audience={OTHER_API}', settings=[f'--auth.jwt_audience={API}'], proof='access_token') as run):
            answer = run.sign_in('kim', audience=API)
            self.assertEqual(header_of(answer['access_token'])['typ'], 'at+jwt')
            kim = run.fan_with(answer['access_token'])
            self.assertEqual(kim.buy(run.url(SERVER))['userId'], kim.user())
            for other in (answer['id_token'], run.token('kim', audience=OTHER_API)):
                self.assertEqual(run.fan_with(other).send('GET', '/users/me').status, 401)
            with self.assertRaisesRegex(sign_in.Refused, 'invalid_target'):
                run.sign_in('kim', audience='https://unknown.example')


@unittest.skipIf(missing(), missing())
class Keys(unittest.TestCase):
    def test_keys_change_while_serving_and_the_provider_may_stop_R_W8(self):
        with tempfile.TemporaryDirectory() as folder, Run(folder, '--algorithms=RS256,ES256,EdDSA') as run:
            self.run_, self.lines, self.began = run, [], time.monotonic()
            tokens = {'kim': self.signed_in('kim', 'RS256')}
            for user, algorithm in (('lee', 'ES256'), ('ann', 'EdDSA')):
                self.assertEqual(run.rotate(), algorithm)
                self.note(f'the provider signs with its next key, {algorithm}, published before')
                tokens[user] = self.signed_in(user, algorithm)
            self.assertEqual([self.status(token) for token in tokens.values()], [200, 200, 200])
            self.note('the proofs of all three keys are accepted')
            tokens['unseen'] = run.token('unseen')

            run.rotate()
            stranger = run.token('bob')
            self.assertNotIn(header_of(stranger)['kid'], [header_of(token)['kid'] for token in tokens.values()])
            self.assertEqual({self.status(stranger) for _ in range(30)}, {401})
            self.assertEqual(run.readings(), 1)
            self.note('the next key is younger than the keys that the server read: its proofs, 30 times, 401; '
                      'the server asked the provider for its keys once since it began')
            if LONG:
                self.read_again(stranger, tokens)

            run.provider.terminate()
            run.provider.wait(timeout=30)
            with self.assertRaisesRegex(sign_in.Refused, '502'):
                run.sign_in('kim')
            self.note('the provider was stopped; to sign in: 502')
            self.buy(tokens['unseen'])
            self.assertEqual(self.status(tokens['ann']), 200)
            self.note('a proof that it had not seen before is verified with the keys it has: the fan joins, holds and pays')
            said = self.about_keys()
            run.server.__exit__()
            run.server.__enter__()
            self.assertEqual(self.status(tokens['ann']), 503)
            self.note('the server was started again while the provider is away: without keys it answers 503 to proofs')
            if LOG:
                log[KEYS] = '\n'.join(self.lines) + f'\n\n{said}\n{self.about_keys()}'

    def note(self, text):
        self.lines.append(f'{time.monotonic() - self.began:6.1f} s  {text}')

    def status(self, token):
        return self.run_.fan_with(token).send('GET', '/users/me').status

    def buy(self, token):
        return self.run_.fan_with(token).buy(self.run_.url(SERVER))

    def signed_in(self, user, algorithm):
        token = self.run_.token(user)
        self.assertEqual(header_of(token)['alg'], algorithm)
        self.buy(token)
        self.note(f'{user} signed in ({algorithm}), joined, held a seat and paid')
        return token

    def read_again(self, stranger, tokens):
        server.wait_until('the server reads the keys again', lambda: self.status(stranger) == 200, seconds=75)
        self.assertEqual(self.run_.readings(), 2)
        self.note('the server read the keys for the second time; the proof of the young key is accepted')
        self.assertEqual((self.status(tokens['kim']), self.status(tokens['ann'])), (401, 200))
        self.note('a proof of the key that the provider has withdrawn: 401, of the one before the last: 200')

    def about_keys(self):
        lines = (self.run_.folder / 'stderr.log').read_text().splitlines()
        return self.run_.shown('\n'.join(line for line in lines if 'identity provider' in line))


@unittest.skipIf(missing(), missing())
class Page(unittest.TestCase):
    def test_commands_of_the_page_end_with_a_paid_seat_R_W8(self):
        page = (ROOT / 'docs/identity.md').read_text()
        script = '\n'.join(block for block in checks.code_blocks(page, 'bash') if '127.0.0.1:800' in block or 'deploy/identity' in block)
        with tempfile.TemporaryDirectory() as folder:
            copy = Copy(folder)
            script = nginx.changed(copy.moved(script), {
                'npm --prefix deploy/identity ci': ':', 'build/release/stagedoor': server.BINARY,
                'demo/catalogue.yaml': str(ROOT / 'demo/catalogue.yaml')})
            said = self.output_of(f'{script}\nkill $(jobs -p)\nwait\n', copy)
            self.assertIn('"code":"NOT_ENOUGH_BALANCE"', said)
            self.assertIn('"status":"PAID"', said)
            self.assertIn('"type":"USE"', said)
            if LOG:
                log[COMMANDS] = copy.shown(f'npm --prefix deploy/identity ci\n{said.removeprefix(":")}')
                log[ACCESS] = copy.shown((copy.folder / 'var/identity/access.log').read_text())

    def output_of(self, script, copy):
        """Of a shell that also prints its lines (-v). What it started ends with it."""
        (copy.folder / 'script').write_text(script)
        shell = subprocess.Popen(['bash', '-euo', 'pipefail', '-v', 'script'], cwd=copy.folder, env=server.clean_environment(),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            said = shell.communicate(timeout=60)[0]
        finally:
            if shell.returncode != 0:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGTERM)
        logs = ''.join(f'{file}:\n{file.read_text()}' for file in copy.folder.glob('var/identity/*.log')) if shell.returncode else ''
        self.assertEqual(shell.returncode, 0, said + logs)
        return said

    def test_the_published_run_has_no_secret_R_A11(self):
        found = hidden(PAGE.read_text())
        self.assertIsNone(found, found)
        for secret in ('eyJhbGciOiJSUzI1NiJ9.e30.AAAA', 'a' * 76, '0123456789abcdef' * 2):
            self.assertTrue(hidden(f'x {secret} y'), secret)


HEAD = '''# A run with an identity provider

The commands of [identity](identity.md#an-identity-provider-behind-nginx), executed by a test, which wrote this page. Tokens, keys and codes
are replaced by "…". oidc-provider {provider}, Node.js {node}, {nginx}.

```bash
STAGEDOOR_TEST_LONG=1 STAGEDOOR_IDENTITY_LOG=docs/identity-run.md python3 tests/identity/identity_provider_test.py
```
'''


def version_of(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return (run.stdout + run.stderr).strip().removeprefix('nginx version: ')


def write_log():
    provider = json.loads((EXAMPLE / 'node_modules/oidc-provider/package.json').read_text())['version']
    parts = [HEAD.format(provider=provider, node=version_of('node', '--version'), nginx=version_of('nginx', '-v'))]
    parts += [f'\n## {heading}\n\n```text\n{log[heading].rstrip()}\n```\n' for heading in HEADINGS]
    text = ''.join(parts)
    found = hidden(text)
    assert not found, found
    pathlib.Path(LOG).write_text(text)


def tearDownModule():
    if LOG and set(log) == set(HEADINGS):  # all of it ran
        write_log()


if __name__ == '__main__':
    report.main()
