"""A Redis server of our own, on loopback, for tests of the line, ./x study queue --lines and ./x cluster --line redis."""
import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools'))
from local_servers import Process, RestartableServer, free_port

START_SECONDS = 20
DURABLE = ('--appendonly', 'yes', '--appendfsync', 'everysec')


class RedisMissing(Exception):
    """The server cannot be had here; the text says why. Tests skip then."""


class RedisError(Exception):
    """The server answered with an error."""


class RedisConnection:
    """Commands to a server and their replies: bytes, numbers, lists, None."""

    def __init__(self, port, timeout=5):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=timeout)
        self.reader = self.socket.makefile('rb')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def ask(self, *words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(part), part) for part in parts))
        return self.reply()

    def reply(self):
        line = self.reader.readline()
        if not line.endswith(b'\r\n'):
            raise ConnectionError('the server closed the connection')
        kind, rest = line[:1], line[1:-2]
        if kind == b'-':
            raise RedisError(rest.decode())
        if kind == b'+':
            return rest
        if kind == b':':
            return int(rest)
        if kind == b'$':
            return None if rest == b'-1' else self.reader.read(int(rest) + 2)[:-2]
        return None if rest == b'-1' else [self.reply() for _ in range(int(rest))]


class RedisServer(RestartableServer):
    """A server with its data in `folder`. `with RedisServer(folder) as redis:` serves until the end of the block. It keeps its port
    through kill() or stop() and start(), and its data if `options` say so (DURABLE)."""

    def __init__(self, folder, *options, prefix=()):
        if not shutil.which('redis-server'):
            raise RedisMissing('redis-server is not installed (Debian: apt-get install redis-server)')
        self.folder, self.options, self.prefix = pathlib.Path(folder), options, prefix
        self.folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.address, self.url = f'127.0.0.1:{self.port}', f'redis://127.0.0.1:{self.port}'
        self.running = None

    def start(self):
        configuration = self.folder / 'redis.conf'  # Sentinel keeps its state there
        configuration.touch()
        self.running = Process([*self.prefix, 'redis-server', configuration, '--port', self.port, '--bind', '127.0.0.1', '--dir', self.folder,
                                '--save', '', '--enable-debug-command', 'yes', '--repl-diskless-sync-delay', '0',
                                *self.options], self.folder, stdout=subprocess.DEVNULL)
        self.wait_until_it_answers('redis-server', START_SECONDS)

    def answers(self):
        with contextlib.suppress(OSError, RedisError):
            return self.ask('PING') == b'PONG'  # not while it loads
        return False

    def ask(self, *words, timeout=5):
        """The reply to one command."""
        with RedisConnection(self.port, timeout) as connection:
            return connection.ask(*words)


class Sentinel(RedisServer):
    """Watches a server under the name `line`, which instances ask for."""

    NAME = 'line'

    def __init__(self, folder, watched_port):
        super().__init__(folder, '--sentinel')
        self.watched_port = watched_port

    def start(self):
        super().start()
        self.ask('SENTINEL', 'MONITOR', self.NAME, '127.0.0.1', self.watched_port, 1)
        self.ask('SENTINEL', 'SET', self.NAME, 'down-after-milliseconds', 500, 'failover-timeout', 3000)
        self.url = f'redis://127.0.0.1:{self.port}?sentinel={self.NAME}'

    def primary_port(self):
        return int(self.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', self.NAME)[1])

    def knows_replica(self, port):
        return any(str(port).encode() in fields for fields in self.ask('SENTINEL', 'REPLICAS', self.NAME))
