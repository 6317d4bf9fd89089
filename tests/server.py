"""The real program for Python tests: run a sub-command, or serve in a folder of its own on a free port."""
import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = os.environ.get('STAGEDOOR_TEST_BINARY', str(ROOT / 'build/dev/stagedoor'))


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith('STAGEDOOR_')}


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def run(*arguments, folder, environment=None):
    return subprocess.run([BINARY, *arguments], cwd=folder, env={**clean_environment(), **(environment or {})},
                          capture_output=True, text=True, timeout=60)


def call(url, method='GET', body=None, token=None, headers=None):
    """(status, the answer as JSON)."""
    headers = {'Content-Type': 'application/json', **({'Authorization': f'Bearer {token}'} if token else {}), **(headers or {})}
    request = urllib.request.Request(url, method=method, headers=headers, data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def raw_status(url, target, headers):
    """The status of the answer to a GET whose headers, a list of pairs, are sent as they stand here."""
    connection = http.client.HTTPConnection(url.removeprefix('http://'), timeout=10)
    with contextlib.closing(connection):
        connection.putrequest('GET', target)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


def wait_until(what, condition, seconds=30):
    """Waits for a condition; what it returned."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError(f'waited {seconds} s in vain until {what}')
        time.sleep(0.02)
    return value


class Server:
    """with Server(folder, '--catalogue.file=…') as server: …; serves until the end of the block, on a free port unless the settings name
    an address. `options` are Popen's."""

    def __init__(self, folder, *settings, **options):
        self.folder, self.settings, self.options = pathlib.Path(folder), settings, options

    def __enter__(self):
        self.log = open(self.folder / 'stderr.log', 'w+')
        options = {'stdout': subprocess.PIPE, 'stderr': self.log, **self.options}
        listen = [] if any(one.startswith('--http.listen=') for one in self.settings) else ['--http.listen=127.0.0.1:0']
        self.process = subprocess.Popen([BINARY, 'serve', *listen, *self.settings], cwd=self.folder, env=clean_environment(), text=True,
                                        **options)
        for line in self.process.stdout:
            self.said = json.loads(line)
            if self.said.get('event') == 'listening':
                self.url = f"http://{self.said['address']}"
                return self
        self.__exit__()
        raise RuntimeError('the server ended before it listened: ' + (self.folder / 'stderr.log').read_text())

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.exit_code = self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.log.close()
