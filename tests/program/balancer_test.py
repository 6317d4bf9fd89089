#!/usr/bin/env python3
"""deploy/nginx.conf in a real nginx, before instances that die with a call: what goes on to the next one, and what must not."""
import http.client
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
    """Answers each connection's one request with 200, or dies with it; `heard` counts requests."""

    def __init__(self, dies):
        self.dies, self.heard = dies, 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                while b'\r\n\r\n' not in client.recv(65536):
                    pass
                self.heard += 1
                if not self.dies:
                    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')


class Nginx:
    """with Nginx(ports) as nginx: …; the example, before instances on these ports."""

    def __init__(self, ports):
        self.ports = ports

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        folder.chmod(0o755)
        with socket.create_server(('127.0.0.1', 0)) as taken:
            self.port = taken.getsockname()[1]
        servers = ''.join(f'  server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;\n' for port in self.ports)
        text, lists = re.subn(r'(  server 10\..*\n)+', servers, (server.ROOT / 'deploy/nginx.conf').read_text())
        text, ports = re.subn(r'listen 80;', f'listen 127.0.0.1:{self.port};', text)
        assert (lists, ports) == (1, 1)
        kinds = ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')
        temporary = ''.join(f'{kind}_temp_path {folder}/{kind};' for kind in kinds)
        (folder / 'nginx.conf').write_text(f'daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n'
                                           f'events {{}}\nhttp {{ access_log off; {temporary}\n{text}}}\n')
        self.process = subprocess.Popen(['nginx', '-p', str(folder), '-c', 'nginx.conf'], stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)
        said = (folder / 'error.log').read_text()
        self.__exit__()
        raise RuntimeError('nginx did not start:\n' + said)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.folder.cleanup()

    def status_of(self, method, headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        connection.request(method, '/', body=None if method == 'GET' else '{}', headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status


@unittest.skipUnless(shutil.which('nginx'), 'nginx is not installed (Debian: nginx-light); what needs it is skipped')
class NginxExample(unittest.TestCase):
    KEY = {'Idempotency-Key': 'k'}

    def test_no_call_that_may_have_been_done_is_sent_twice(self):
        for method, headers, times in (('GET', {}, 2), ('PUT', self.KEY, 2), ('PUT', {}, 1), ('POST', {}, 1), ('PATCH', {}, 1),
                                       ('DELETE', {}, 1)):
            upstreams = [Upstream(dies=True), Upstream(dies=True)]
            with Nginx([one.port for one in upstreams]) as nginx:
                self.assertEqual(nginx.status_of(method, headers), 502)
            self.assertEqual(sum(one.heard for one in upstreams), times, (method, headers))

    def test_what_an_instance_that_is_gone_did_not_hear_goes_to_another(self):
        other = Upstream(dies=False)
        with socket.create_server(('127.0.0.1', 0)) as gone:
            gone_port = gone.getsockname()[1]
        with Nginx([gone_port, other.port]) as nginx:
            for method, headers in (('GET', {}), ('PUT', self.KEY), ('POST', {}), ('PATCH', {})):
                for _ in range(2):
                    self.assertEqual(nginx.status_of(method, headers), 200, method)
        self.assertEqual(other.heard, 8)


if __name__ == '__main__':
    report.main()
