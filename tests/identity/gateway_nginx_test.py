#!/usr/bin/env python3
"""deploy/nginx-gateway.conf in a real nginx, between fans and a real server with auth.mode = gateway (R-W8): the sign-in service says who
somebody is, and no client does."""
import http.server
import pathlib
import sys
import tempfile
import threading
import unittest
import urllib.parse
import uuid

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]
import fan
import nginx
import report
import server

EXAMPLE = (server.ROOT / 'deploy/nginx-gateway.conf').read_text()
SECRET = 'secret-of-the-gateway-0123456789'
KIM, LEE, ANN = (str(uuid.uuid4()) for _ in range(3))


class SignIn(http.server.BaseHTTPRequestHandler):
    """Knows its users by a cookie, as the example expects it."""

    USERS = {'session=kim': KIM, 'session=lee': LEE, 'session=ann': ANN}

    def do_GET(self):
        cookie = self.headers.get('Cookie')
        self.send_response(403 if cookie == 'session=banned' else 200 if self.path == '/who' else 404)
        if cookie in self.USERS:
            self.send_header('X-User-Id', self.USERS[cookie])
        self.end_headers()

    def log_message(self, *_):
        pass


class Gateway(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if nginx.MISSING:
            raise unittest.SkipTest(nginx.MISSING)
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (folder / 'sale.yaml').write_text(fan.SALE)
        cls.server = cls.enterClassContext(server.Server(
            folder, '--auth.mode=gateway', '--http.trusted_proxies=127.0.0.1', '--wallet.charge_by=operator',
            f'--auth.gateway_secret={SECRET}', '--catalogue.file=sale.yaml', f'--admin.keys=olga:owner:{fan.KEY}'))
        cls.sign_in = http.server.ThreadingHTTPServer(('127.0.0.1', 0), SignIn)
        threading.Thread(target=cls.sign_in.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.sign_in.server_close)
        cls.addClassCleanup(cls.sign_in.shutdown)
        cls.nginx, cls.url = cls.start_nginx()

    @classmethod
    def start_nginx(cls, text=EXAMPLE, sign_in_port=None):
        port = server.free_port()
        text = nginx.changed(text, {
            'listen 80;': f'listen 127.0.0.1:{port};', '127.0.0.1:8080': urllib.parse.urlsplit(cls.server.url).netloc,
            '127.0.0.1:9000': f'127.0.0.1:{sign_in_port or cls.sign_in.server_port}', 'the value of auth.gateway_secret': SECRET,
            '/var/log/nginx/stagedoor.log': 'access.log'})
        return cls.enterClassContext(nginx.Nginx(text)), f'http://127.0.0.1:{port}'

    def fan(self, name, url=None):
        return fan.Fan(url or self.url, {'Cookie': f'session={name}'})

    def test_a_fan_joins_polls_books_and_pays_R_W8(self):
        kim = self.fan('kim')
        self.assertEqual(kim.user(), KIM)
        self.assertEqual(kim.buy(self.server.url)['userId'], KIM)
        self.assertEqual(kim.data_of(200, 'GET', f'/users/{KIM}/balance')['balance'], 0)
        self.assertEqual(self.fan('lee').send('GET', f'/users/{KIM}/balance').code, 'FORBIDDEN')

    CLAIMS = [[(name, LEE)] for name in ('X-Stagedoor-User', 'x-stagedoor-user', 'X_Stagedoor_User', 'X-User-Id')] + [
        [('X-Stagedoor-User', LEE), ('X-Stagedoor-User', LEE)],
        [('X-Stagedoor-User', LEE), ('X-Stagedoor-Gateway', 'a-guess-of-the-secret')],
        [('X-Stagedoor-User', LEE), ('X-Stagedoor-Gateway', SECRET)],
        [('Connection', 'close, X-Stagedoor-User'), ('X-Stagedoor-User', LEE)],
        [('X-Forwarded-For', '127.0.0.1'), ('X-Stagedoor-User', LEE)]]

    def test_what_a_client_says_of_itself_is_replaced_R_W8(self):
        for claim in self.CLAIMS:
            with self.subTest(claim=claim):
                self.assertEqual(self.fan('kim').send('GET', '/users/me', headers=claim).data, {'userId': KIM})
                for method, path, body in (('GET', '/users/me', None), ('POST', '/queue', {'eventId': 1})):
                    self.assertEqual(self.fan('nobody').send(method, path, body, claim).status, 401)

    def test_an_nginx_that_does_not_replace_the_header_lets_clients_choose(self):
        """The control: so the test above would notice."""
        line = '    proxy_set_header X-Stagedoor-User $user_id;\n'
        _, url = self.start_nginx(nginx.changed(EXAMPLE, {line: ''}))
        self.assertEqual(self.fan('nobody', url).send('GET', '/users/me', headers=self.CLAIMS[0]).data, {'userId': LEE})

    def test_calls_that_bypass_nginx_are_refused_R_W8(self):
        def status(source='127.0.0.1', **headers):
            pairs = [('X-Stagedoor-' + name, value) for name, value in headers.items()]
            return fan.send(f'{self.server.url}/users/me', headers=pairs, source=source).status
        self.assertEqual(status(User=LEE), 401)
        self.assertEqual(status(User=LEE, Gateway='a-guess-of-the-secret'), 401)
        self.assertEqual(status(User=LEE, Gateway=SECRET, source='127.0.0.2'), 401)  # no trusted proxy
        self.assertEqual(status(User=LEE, Gateway=SECRET), 200)  # as nginx does it
        join = fan.send(f'{self.server.url}/queue', 'POST', [('X-Stagedoor-User', LEE)], {'eventId': 1})
        self.assertEqual((join.status, join.code), (401, 'TOKEN_NOT_FOUND'))

    def test_whom_the_sign_in_service_refuses_reaches_nothing(self):
        for path in ('/users/me', '/events'):
            self.assertEqual(self.fan('banned').send('GET', path).status, 403)
        self.assertEqual(self.fan('kim').send('GET', '/who').status, 404)  # internal

    def test_without_the_sign_in_service_nobody_is_somebody(self):
        _, url = self.start_nginx(sign_in_port=server.free_port())
        for headers in [(), *self.CLAIMS]:
            self.assertEqual(self.fan('kim', url).send('GET', '/users/me', headers=headers).status, 500)

    def test_streams_pass_and_the_log_has_no_token_R_A11(self):
        token = self.fan('ann').join()['token'].removeprefix('Bearer ')
        self.assertEqual(self.fan('ann').send('GET', f'/queue/stream?token={token}').status, 200)
        log = server.wait_until('nginx logged the stream', lambda: '/queue/stream' in (text := self.log()) and text)
        self.assertNotIn(token, log)
        self.assertNotIn('token=', log)

    def log(self):
        return (self.nginx.folder / 'access.log').read_text()

    def test_what_is_for_operators_is_closed_to_the_public_R_A10(self):
        for path in ('/admin/live', '/metrics', '/docs', '/console'):
            answer = fan.send(self.url + path, headers=[('Cookie', 'session=kim'), ('Authorization', f'Bearer {fan.KEY}')])
            self.assertEqual(answer.status, 404, path)


if __name__ == '__main__':
    report.main()
