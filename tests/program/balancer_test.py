#!/usr/bin/env python3
"""deploy/nginx.conf and deploy/haproxy.cfg in the real programs, before instances that die with a call: what goes on to the
next one, and what must not."""
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]
import report
import server


class Upstream:
    """An instance that is ready, and answers a call with 200 or dies with it. `heard`: how many calls."""

    def __init__(self, dies):
        self.dies, self.heard = dies, 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            with client:
                request = b''
                while b'\r\n\r\n' not in request and (more := client.recv(65536)):
                    request += more
                is_check = request.startswith(b'GET /readyz')
                if not request:
                    continue
                self.heard += not is_check
                if is_check or not self.dies:
                    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as taken:
        return taken.getsockname()[1]


class Balancer:
    """with Nginx(ports) as balancer: …; the example, before instances on these ports."""

    def __init__(self, ports):
        self.ports, self.port = ports, free_port()

    def changed(self, text, server_line, listen_from, listen_to):
        servers = ''.join(server_line.format(number=number, port=port) for number, port in enumerate(self.ports))
        text, lists = re.subn(r'(  server [a-z0-9]* ?10\..*\n)+', servers, text)
        assert (lists, text.count(listen_from)) == (1, 1)
        return text.replace(listen_from, listen_to)

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.folder.chmod(0o755)
        with open(self.folder / 'error.log', 'w') as log:
            self.process = subprocess.Popen(self.command(), cwd=self.folder, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)
        said = (self.folder / 'error.log').read_text()
        self.__exit__()
        raise RuntimeError('the balancer did not start:\n' + said)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.temporary.cleanup()

    def status_of(self, method, headers, path='/', source='127.0.0.1'):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30, source_address=(source, 0))
        connection.request(method, path, body=None if method == 'GET' else '{}', headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status


class Nginx(Balancer):
    def command(self):
        text = self.changed((server.ROOT / 'deploy/nginx.conf').read_text(),
                            '  server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;\n', 'listen 80;',
                            f'listen 127.0.0.1:{self.port};')
        kinds = ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')
        temporary = ''.join(f'{kind}_temp_path {self.folder}/{kind};' for kind in kinds)
        (self.folder / 'nginx.conf').write_text(
            f'daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;\n'
            f'events {{}}\nhttp {{ access_log off; {temporary}\n{text}}}\n')
        return ['nginx', '-p', self.folder, '-c', 'nginx.conf']


class Haproxy(Balancer):
    def command(self):
        text = self.changed((server.ROOT / 'deploy/haproxy.cfg').read_text(), '  server stagedoor{number} 127.0.0.1:{port}\n',
                            'bind :80', f'bind 127.0.0.1:{self.port}')
        (self.folder / 'haproxy.cfg').write_text(text.replace('maxconn 100000', 'maxconn 1000'))
        return ['haproxy', '-db', '-f', 'haproxy.cfg']


KEY = {'Idempotency-Key': 'k'}
METHODS = [('GET', {}), ('PUT', KEY), ('PUT', {}), ('POST', {}), ('PATCH', {}), ('DELETE', {})]


class Example:
    """The claims about one of them."""

    def test_no_call_that_may_have_been_done_is_sent_twice(self):
        for call in METHODS:
            upstreams = [Upstream(dies=True), Upstream(dies=True)]
            with self.balancer([one.port for one in upstreams]) as balancer:
                self.assertEqual(balancer.status_of(*call), 502)
            self.assertEqual(sum(one.heard for one in upstreams), 2 if call in self.sent_on else 1, call)

    def test_what_an_instance_that_is_gone_did_not_hear_goes_to_another(self):
        other = Upstream(dies=False)
        with self.balancer([free_port(), other.port]) as balancer:
            for call in self.sent_elsewhere * 2:
                self.assertEqual(balancer.status_of(*call), 200, call)
        self.assertEqual(other.heard, 2 * len(self.sent_elsewhere))

    def test_what_is_for_operators_is_closed_to_the_public(self):  # R-A10
        upstream = Upstream(dies=False)
        with self.balancer([upstream.port]) as balancer:
            for path in ('/admin', '/admin/events', '/metrics', '/docs', '/docs/index.html', '/console', '/console/x'):
                self.assertEqual(balancer.status_of('GET', {}, path=path), 404, path)
            self.assertEqual(upstream.heard, 0)
            for path in ('/events', '/administration', '/openapi.json'):
                self.assertEqual(balancer.status_of('GET', {}, path=path), 200, path)

    def test_the_log_names_the_client_and_not_what_it_claims_to_be(self):  # R-A1
        with tempfile.TemporaryDirectory() as folder:
            with server.Server(folder, '--http.trusted_proxies=127.0.0.1', '--auth.trust_clients=true', '--log.level=debug') as instance:
                with self.balancer([int(instance.url.rsplit(':')[-1])]) as balancer:
                    claim = {'X-Forwarded-For': '203.0.113.9'}
                    self.assertEqual(balancer.status_of('GET', claim, path='/healthz', source='127.0.0.2'), 200)
            lines = [json.loads(line) for line in (pathlib.Path(folder) / 'stderr.log').read_text().splitlines()
                     if '"/healthz"' in line]
        self.assertEqual([line['client.ip'] for line in lines], ['127.0.0.2'])


@unittest.skipUnless(shutil.which('nginx'), 'nginx is not installed (Debian: nginx-light); what needs it is skipped')
class NginxExample(Example, unittest.TestCase):
    balancer = Nginx
    sent_on = [('GET', {}), ('PUT', KEY)]
    sent_elsewhere = [('GET', {}), ('PUT', KEY), ('POST', {}), ('PATCH', {})]


@unittest.skipUnless(shutil.which('haproxy'), 'HAProxy is not installed (Debian: haproxy); what needs it is skipped')
class HaproxyExample(Example, unittest.TestCase):
    balancer = Haproxy
    sent_on = []
    sent_elsewhere = METHODS


if __name__ == '__main__':
    report.main()
