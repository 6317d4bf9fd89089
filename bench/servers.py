"""What ./x bench measures: the server, nginx serving the same bytes, PostgreSQL doing the same work, and the load
generator. Everything runs in folders of its own, on free ports, and is stopped by its pid."""
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'tools'))
from local_servers import PostgresServer, Process, free_port

BUILD = pathlib.Path(os.environ.get('BENCH_BUILD', ROOT / 'build/release'))  # tests measure another build
STAGEDOOR = BUILD / 'stagedoor'
LOAD = BUILD / 'bench/bench_load'
STREAMS = BUILD / 'bench/bench_streams'
OPERATOR_KEY = 'bench-operator-key-0123456789abcdef'
SERVER_CORE, LOAD_CORE = '0', '1'


def say(text):
    print(text, file=sys.stderr, flush=True)


def pinned(core, command):
    return ['taskset', '-c', core, *map(str, command)]


def exchange(port, request):
    """The bytes of one answer (with a Content-Length) to the bytes of one request: head, body."""
    with socket.create_connection(('127.0.0.1', port), timeout=30) as connection:
        connection.sendall(request)
        received = b''
        while b'\r\n\r\n' not in received:
            received += receive(connection)
        head, body = received.split(b'\r\n\r\n', 1)
        length = int(re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)[1])
        while len(body) < length:
            body += receive(connection)
    return head.decode(), body


def receive(connection):
    data = connection.recv(65536)
    if not data:
        raise RuntimeError('the connection ended within an answer')
    return data


class Stagedoor(Process):
    """`stagedoor serve` with one I/O thread on `cores`; everything else as it is by default or in `settings`."""

    def __init__(self, folder, catalogue=None, settings=(), cores=SERVER_CORE, program=STAGEDOOR):
        settings = ['--http.listen=127.0.0.1:0', '--http.threads=1', *(f'--{setting}' for setting in settings)]
        if catalogue:
            settings.append(f'--catalogue.file={catalogue}')
        environment = {name: value for name, value in os.environ.items() if not name.startswith('STAGEDOOR_')}
        environment['STAGEDOOR_ADMIN_KEYS'] = f'bench:owner:{OPERATOR_KEY}'
        super().__init__(pinned(cores, [program, 'serve', *settings]), folder, env=environment,
                         stdout=subprocess.PIPE)
        for line in self.process.stdout:
            said = json.loads(line) if line.startswith('{') else {}
            if said.get('event') == 'listening':
                self.port = int(said['address'].rsplit(':', 1)[1])
                return
        self.stop()
        raise RuntimeError('stagedoor did not start:\n' + (self.folder / 'stderr.log').read_text())

    def ask(self, method, target, token='', body=''):
        """The data of a successful answer."""
        head, answer = exchange(self.port, request_bytes(method, target, token, body))
        if not re.match(r'HTTP/1.1 2', head):
            raise RuntimeError(f'{method} {target}: {head.splitlines()[0]} {answer[:300]}')
        return json.loads(answer)['data']

    def capture(self, method, target, token='', body=''):
        """Status, extra headers and body of the answer, for nginx to serve."""
        head, answer = exchange(self.port, request_bytes(method, target, token, body))
        lines = head.split('\r\n')
        return int(lines[0].split()[1]), [tuple(line.split(': ', 1)) for line in lines[1:]], answer


def request_bytes(method, target, token, body):
    lines = [f'{method} {target} HTTP/1.1', 'Host: bench']
    if token:
        lines.append(f'Authorization: {token}')
    if body:
        lines += ['Content-Type: application/json', f'Content-Length: {len(body)}']
    return ('\r\n'.join(lines) + '\r\n\r\n' + body).encode()


class Nginx(Process):
    """nginx on core 0, one process, answering every request with the same bytes from its configuration: the fastest
    thing it can do."""

    OWN_HEADERS = {'server', 'date', 'content-type', 'content-length', 'connection'}

    def __init__(self, folder, captured):
        self.port = free_port()
        status, headers, body = captured
        pathlib.Path(folder, 'nginx.conf').write_text(self.configuration(folder, status, headers, body.decode()))
        super().__init__(pinned(SERVER_CORE, ['nginx', '-c', f'{folder}/nginx.conf']), folder)
        for _ in range(100):
            try:
                self.head, served = exchange(self.port, request_bytes('GET', '/', '', ''))
                break
            except ConnectionError:
                time.sleep(0.05)
        else:
            self.stop()
            raise RuntimeError('nginx did not start:\n' + (self.folder / 'stderr.log').read_text())
        if served != body:
            raise RuntimeError('nginx does not serve the same body')
        ours, theirs = header_bytes(headers), len(self.head.split('\r\n', 1)[1]) + 2
        say(f'  nginx serves the same {len(body)} bytes; header lines: ours {ours} bytes, its {theirs}')

    def configuration(self, folder, status, headers, body):
        content_type = next((value for name, value in headers if name.lower() == 'content-type'), 'text/plain')
        added = [(name, value) for name, value in headers if name.lower() not in self.OWN_HEADERS]
        its_own = [('Server', 'nginx'), ('Date', 'Sat, 21 Nov 2026 01:30:35 GMT'), ('Content-Type', content_type),
                   ('Content-Length', str(len(body))), ('Connection', 'keep-alive')]
        shorter_by = header_bytes(headers) - header_bytes(its_own + added)
        if shorter_by > len('X-Pad: \r\n'):
            added.append(('X-Pad', '-' * (shorter_by - len('X-Pad: \r\n'))))
        extra = ''.join(f'add_header {name} {quoted(value)} always;\n' for name, value in added)
        # A word of the configuration is at most 4 KB, so the body is put together from variables.
        parts = [body[i:i + 1500] for i in range(0, len(body), 1500)]
        sets = ''.join(f'set $part{i} {quoted(part)};\n' for i, part in enumerate(parts))
        whole = ''.join(f'${{part{i}}}' for i in range(len(parts)))
        temporary = ''.join(f'{kind}_temp_path {folder}/{kind};\n'
                            for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        return f'''
daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; server_tokens off; etag off;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  {temporary}
  types {{ }} default_type "{content_type}";
  server {{
    listen 127.0.0.1:{self.port} backlog=8192;
    {extra}
    {sets}
    location / {{ return {status} "{whole}"; }}
  }}
}}
'''


def header_bytes(headers):
    return sum(len(name) + len(value) + len(': \r\n') for name, value in headers)


def quoted(text):
    if '$' in text:
        raise ValueError('nginx would take `$` for a variable')
    return "'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'"


class Postgres(PostgresServer):
    """PostgreSQL with a schema that does the work of a durable hold, on both cores; pgbench drives it."""

    SEATS = 1_000_000
    USERS = 200_000

    def __init__(self, folder):
        super().__init__(folder, ['shared_buffers=512MB', 'max_wal_size=8GB', 'checkpoint_timeout=1h'])
        self.next_seat, self.clients = 0, 32
        self.psql('-v', f'seats={self.SEATS}', '-v', f'users={self.USERS}', '-f', ROOT / 'bench/postgres_schema.sql')

    def pgbench(self, script, seconds, connections, **values):
        """Transactions per second of a script of this folder, over so many connections."""
        defined = [word for name, value in values.items() for word in ('-D', f'{name}={value}')]
        result = self.command([self.bin / 'pgbench', '-h', self.folder, '-p', self.port, '-U', self.USER, '-n', '-M', 'prepared',
                               '-f', ROOT / 'bench' / script, '-c', connections, '-j', 2, '-T', max(1, round(seconds)), *defined,
                               'postgres'])
        failed = re.search(r'number of failed transactions: (\d+)', result.stdout)
        if failed and int(failed[1]) > 0:
            raise RuntimeError('pgbench: ' + result.stdout + result.stderr)
        return float(re.search(r'tps = ([\d.]+) \(without', result.stdout)[1])

    def hold(self, seconds, clients=None):
        """Transactions per second of the hold script."""
        clients = clients or self.clients
        per_client = self.SEATS // 8 // clients  # an eighth of the seats for each run
        if self.next_seat + per_client * clients > self.SEATS:
            self.psql('-c', 'truncate reservations, outbox')
            self.next_seat = 0
        self.next_seat += per_client * clients
        return self.pgbench('postgres_hold.sql', seconds, clients, first=self.next_seat - per_client * clients, clients=clients,
                            i=0, users=self.USERS)

    def charge_hot_row(self, seconds, clients):
        """Transactions per second that charge one wallet and write its history, each for itself."""
        return self.pgbench('postgres_charge.sql', seconds, clients)

    def find_best_clients(self, seconds):
        found = {clients: self.hold(seconds, clients) for clients in (8, 32, 64)}
        self.clients = max(found, key=found.get)
        say('  pgbench: ' + ', '.join(f'{n} clients {tps:,.0f}/s' for n, tps in found.items()))


def start_load(port, *, connections, seconds=0, method='GET', target='/', headers=(), body='', cores=LOAD_CORE, niceness=0, **options):
    """bench_load as a process under way, on `cores`."""
    command = [LOAD, '--url', f'http://127.0.0.1:{port}', '--method', method, '--target', target,
               '--connections', connections, '--seconds', seconds]
    for header in headers:
        command += ['--header', header]
    if body:
        command += ['--body', body]
    for name, value in options.items():
        command += ['--' + name.replace('_', '-')] if value is True else ['--' + name.replace('_', '-'), value]
    return subprocess.Popen(['nice', '-n', str(niceness), *pinned(cores, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_load(process):
    """The report of start_load."""
    out, error = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(error)
    return json.loads(out)


def load(port, **work):
    """The report of bench_load, whose arguments are those of start_load."""
    report = finish_load(start_load(port, **work))
    if report['busy'] > 0.98:
        say(f'  (the load generator was busy {report["busy"]:.0%} of the time: what it measures may be faster than this)')
    return report


class Listeners:
    """bench_streams on core 1: `with` opens the streams; changes() makes the changes and measures."""

    def __init__(self, port, folder, *, streams, target, tokens, event, changes, change):
        self.ready = folder / 'ready'
        command = [STREAMS, '--url', f'http://127.0.0.1:{port}', '--streams', streams, '--target', target, '--tokens', tokens,
                   '--event', event, '--ready-file', self.ready]
        for body in changes:
            command += ['--change', body]
        for name, value in change.items():
            command += ['--change-' + name, value]
        self.process = subprocess.Popen(pinned(LOAD_CORE, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        while not self.ready.exists():
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stderr.read())
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def changes(self):
        """Of each change the milliseconds from sending it until it was answered and until listeners had heard of it."""
        self.ready.unlink(missing_ok=True)
        out, err = self.process.communicate(timeout=120)
        if self.process.returncode != 0:
            raise RuntimeError(err)
        return json.loads(out)['changesMs']


def expect_only(report, *statuses):
    """Fails when anything else was answered: a benchmark of refusals says nothing."""
    wrong = {name: count for name, count in report['answers'].items() if name not in statuses}
    if wrong:
        raise RuntimeError(f'expected {" or ".join(statuses)} only, got {wrong}')
    return report


def fdatasync_us(folder, seconds):
    """The median time of writing 4 KiB over what a file holds already, and of fdatasync after it, on core 0."""
    script = '''
import os, sys, time
fd = os.open('fdatasync.tmp', os.O_RDWR | os.O_CREAT, 0o600)
block, blocks, took = os.urandom(4096), 1024, []
for i in range(blocks): os.pwrite(fd, block, i * 4096)
os.fsync(fd)
end, i = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < end or len(took) < 20:
    os.pwrite(fd, block, i % blocks * 4096)
    begin = time.perf_counter_ns()
    os.fdatasync(fd)
    took.append(time.perf_counter_ns() - begin)
    i += 1
os.unlink('fdatasync.tmp')
print(sorted(took)[len(took) // 2] / 1000)
'''
    done = subprocess.run(pinned(SERVER_CORE, [sys.executable, '-c', script, seconds]), cwd=folder, check=True,
                          capture_output=True, text=True)
    return float(done.stdout)


def median(values):
    return statistics.median(values)
