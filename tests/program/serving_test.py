#!/usr/bin/env python3
"""The real server where it has too little of something, and where a client or a signal is unkind (R-A1, R-A6, R-A10)."""
import json
import os
import pathlib
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]
import report
import server


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def log(self):
        """The lines of the log."""
        return [json.loads(line) for line in (self.folder / 'stderr.log').read_text().splitlines() if line.startswith('{')]

    def until(self, condition, within=10):
        end = time.monotonic() + within
        while not (met := condition()) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertTrue(met)


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except (urllib.error.URLError, ConnectionError):
        return 0  # closed without an answer


def connect(running):
    return socket.create_connection(('127.0.0.1', int(running.url.rsplit(':')[-1])), timeout=10)


def seconds_of_cpu(pid):
    fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


HARD_LIMIT = 64


def with_few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (HARD_LIMIT, HARD_LIMIT))


class Descriptors(InFolder):  # R-A6
    CLIENTS = 120

    def test_as_many_connections_as_the_limit_leaves_room_for(self):
        with server.Server(self.folder, preexec_fn=with_few_descriptors) as running:
            line = next(line for line in self.log() if 'http.max_connections' in line)
            self.assertEqual(int(line['http.max_connections']), HARD_LIMIT // 2)
            clients = [connect(running) for _ in range(self.CLIENTS)]
            refused = [client for client in clients[HARD_LIMIT // 2:] if client.recv(12) == b'HTTP/1.1 503']
            self.assertEqual(len(refused), self.CLIENTS - HARD_LIMIT // 2)
            for client in clients:
                client.close()
            self.until(lambda: status_of(running.url + '/healthz') == 200)
        self.assertEqual(running.exit_code, 0)

    def test_more_connections_than_descriptors_are_refused_at_start(self):
        with self.assertRaisesRegex(RuntimeError, 'http.max_connections = 40 is more .* set it to 32 or less'):
            server.Server(self.folder, '--http.max_connections=40', preexec_fn=with_few_descriptors).__enter__()

    def test_without_descriptors_it_does_not_spin_refuses_and_serves_again(self):
        with server.Server(self.folder, '--http.stop_grace=5s', preexec_fn=with_few_descriptors) as running:
            pid = running.process.pid
            left = 6
            limit = len(os.listdir(f'/proc/{pid}/fd')) + left
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, HARD_LIMIT))
            self.until(lambda: any(line['message'] == 'server started' for line in self.log()))
            lines, cpu = len(self.log()), seconds_of_cpu(pid)
            clients = [connect(running) for _ in range(self.CLIENTS)]
            time.sleep(2)
            self.assertLess(seconds_of_cpu(pid) - cpu, 0.5)
            self.assertLessEqual(len(self.log()) - lines, 1)
            refused = [client for client in clients[left:] if client.recv(12) == b'HTTP/1.1 503']
            self.assertEqual(len(refused), self.CLIENTS - left)
            for client in clients[:3]:
                client.close()
            self.until(lambda: status_of(running.url + '/healthz') == 200)
            begin = time.monotonic()
        self.assertEqual(running.exit_code, 0)
        self.assertLess(time.monotonic() - begin, 5)
        for client in clients:
            client.close()


class AdminAddress(InFolder):  # R-A10
    def test_serves_everything_and_the_other_address_hides_what_is_for_operators(self):
        with server.Server(self.folder, '--http.admin_listen=127.0.0.1:0') as running:
            admin = f"http://{running.said['admin_address']}"
            for path, here, there in (('/metrics', 404, 200), ('/docs', 404, 200),
                                      ('/admin/events', 404, 401), ('/console', 404, 200), ('/gate', 200, 200), ('/events', 200, 200),
                                      ('/readyz', 200, 200), ('/openapi.json', 200, 200)):
                self.assertEqual((status_of(running.url + path), status_of(admin + path)), (here, there), path)
        self.assertEqual(running.exit_code, 0)

    def test_is_none_by_default(self):
        with server.Server(self.folder) as running:
            self.assertNotIn('admin_address', running.said)
            self.assertEqual(status_of(running.url + '/metrics'), 200)


class Signals(InFolder):
    def certificate(self, name):
        """A new certificate and key in cert.pem and key.pem."""
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
                        '-subj', f'/CN={name}', '-keyout', 'key.pem', '-out', 'cert.pem'], cwd=self.folder, check=True, capture_output=True)

    def tls(self, running):
        """A connection, and the certificate that the server showed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = context.wrap_socket(connect(running))
        return client, client.getpeercert(binary_form=True)

    def wait_for_line(self, message):
        self.until(lambda: any(message in line['message'] for line in self.log()))

    def test_that_are_not_for_stopping_do_not_stop_it(self):
        with server.Server(self.folder) as running:
            for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE):
                running.process.send_signal(number)
                time.sleep(0.05)
                self.assertEqual(status_of(running.url + '/healthz'), 200, number)
        self.assertEqual(running.exit_code, 0)

    def test_hup_rereads_the_certificate_and_keeps_it_when_the_file_is_wrong(self):
        self.certificate('first')
        with server.Server(self.folder, '--http.tls_certificate=cert.pem', '--http.tls_key=key.pem') as running:
            old_client, first = self.tls(running)
            self.certificate('second')
            running.process.send_signal(signal.SIGHUP)
            self.wait_for_line('certificate and key: read again')
            second = self.tls(running)[1]
            self.assertNotEqual(first, second)
            (self.folder / 'cert.pem').write_text('no certificate')
            running.process.send_signal(signal.SIGHUP)
            self.wait_for_line('certificate and key: not read again; the old ones stay in use')
            self.assertEqual(self.tls(running)[1], second)
            old_client.sendall(b'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(old_client.recv(12), b'HTTP/1.1 200')
        self.assertEqual(running.exit_code, 0)

    def test_hup_rereads_the_keys_beside_the_store(self):
        def status_with(key):
            return status_of(urllib.request.Request(running.url + '/admin/events', headers={'Authorization': f'Bearer {key}'}))

        with server.Server(self.folder) as running:
            keys = self.folder / 'stagedoor.db.operator'
            old = keys.read_text().splitlines()[-1].split(':')[2]
            self.assertEqual(status_with(old), 200)
            keys.write_text('anna:viewer:a-secret-of-anna\n')
            running.process.send_signal(signal.SIGHUP)
            self.wait_for_line('keys of tokens and operators: read again')
            self.assertEqual((status_with(old), status_with('a-secret-of-anna')), (401, 200))
            for wrong in ('anna', '', 'anna:boss:a-secret-of-anna'):
                keys.write_text(wrong + '\n')
                lines = len(self.log())
                running.process.send_signal(signal.SIGHUP)
                self.until(lambda: len(self.log()) > lines)
                self.assertIn('not read again', self.log()[-1]['message'])
                self.assertEqual(status_with('a-secret-of-anna'), 200)
        self.assertEqual(running.exit_code, 0)

    def test_a_second_term_ends_it_at_once(self):
        settings = ('--http.stop_grace=10m', '--http.body_timeout=10m')
        with server.Server(self.folder, *settings) as running:
            client = connect(running)
            client.sendall(b'POST /queue HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{')
            time.sleep(0.2)
            running.process.terminate()
            with self.assertRaises(subprocess.TimeoutExpired):
                running.process.wait(timeout=1)
            running.process.send_signal(signal.SIGHUP)  # no stop signal
            with self.assertRaises(subprocess.TimeoutExpired):
                running.process.wait(timeout=0.5)
            running.process.terminate()
            self.assertEqual(running.process.wait(timeout=5), 1)
        self.assertIn('stopped before everything had finished', (self.folder / 'stderr.log').read_text())

    def test_term_ends_it_although_nobody_reads_its_log(self):
        settings = ('--log.level=debug', '--http.stop_grace=0s', '--http.threads=1')
        with server.Server(self.folder, *settings, stderr=subprocess.PIPE) as running:
            with connect(running) as client:  # the log of these requests is more than the pipe holds
                client.settimeout(0.5)
                try:
                    for _ in range(2000):
                        client.sendall(b'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
                        client.recv(4096)
                except TimeoutError:
                    pass
            begin = time.monotonic()
            running.process.terminate()
            running.process.wait(timeout=10)
            self.assertLess(time.monotonic() - begin, 7)
            running.process.stderr.close()


if __name__ == '__main__':
    report.main()
