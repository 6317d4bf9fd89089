"""Servers that run beside us for a while: in folders of their own, on loopback, stopped by their pid."""
import os
import pathlib
import pwd
import re
import socket
import subprocess
import time


def free_port():
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        return taken.getsockname()[1]


class Process:
    """A server started by us; `with` stops it. What it writes to standard error is kept in stderr.log."""

    def __init__(self, command, folder, **options):
        self.folder = pathlib.Path(folder)
        self.log = open(self.folder / 'stderr.log', 'a+')
        self.process = subprocess.Popen([str(word) for word in command], cwd=folder, stderr=self.log, text=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def said(self):
        return (self.folder / 'stderr.log').read_text()

    def cpu_seconds(self):
        fields = pathlib.Path(f'/proc/{self.process.pid}/stat').read_text().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def memory_mb(self, field='VmRSS'):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(rf'{field}:\s+(\d+) kB', status)[1]) / 1024


class RestartableServer:
    """What a server that is killed and started again has besides: `with` starts and stops it. Its class has `running`, the Process or
    None, start() and answers()."""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.running.process.pid

    def wait_until_it_answers(self, name, seconds):
        give_up = time.monotonic() + seconds
        while not self.answers():
            if self.running.process.poll() is not None or time.monotonic() > give_up:
                said = self.running.said()[-3000:]
                self.kill()
                raise RuntimeError(f'{name} did not start:\n' + said)
            time.sleep(0.02)

    def stop(self):
        """In an orderly way, within a few seconds."""
        if self.running:
            self.running.stop()
            self.running = None

    def kill(self):
        """As a crash: SIGKILL."""
        if self.running:
            self.running.process.kill()
            self.stop()


class PostgresServer(Process):
    """A PostgreSQL of its own, reached by a socket in its folder (which must be on a path that everybody may enter,
    because it refuses to run as root). `settings` as on its command line: `name=value`."""

    USER = 'stagedoor'

    def __init__(self, folder, settings=()):
        self.bin = max(pathlib.Path('/usr/lib/postgresql').glob('*/bin'), key=lambda path: int(path.parent.name))
        self.data, self.port = folder / 'data', free_port()
        self.who = {}
        if os.geteuid() == 0:
            users = {user.pw_name: user for user in pwd.getpwall()}
            user = users.get('postgres') or users['nobody']
            self.who = {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
            os.chown(folder, user.pw_uid, user.pw_gid)
        self.command([self.bin / 'initdb', '-D', self.data, '-A', 'trust', '-U', self.USER, '-E', 'UTF8', '--no-locale'],
                     folder)
        options = [word for setting in ['listen_addresses=', *settings] for word in ('-c', setting)]
        super().__init__([self.bin / 'postgres', '-D', self.data, '-p', self.port, '-k', folder, *options], folder, **self.who)
        for _ in range(300):
            if self.psql('-c', 'select 1', check=False).returncode == 0:
                break
            if self.process.poll() is not None:
                raise RuntimeError('PostgreSQL did not start:\n' + self.said())
            time.sleep(0.1)

    def stop(self):
        """At once: what is running is rolled back."""
        if self.process.poll() is None:
            self.process.send_signal(2)
        super().stop()

    def url(self, database='postgres'):
        return f'postgres:///{database}?host={self.folder}&port={self.port}&user={self.USER}'

    def command(self, words, folder=None, check=True):
        return subprocess.run([str(word) for word in words], cwd=folder or self.folder, check=check, text=True,
                              capture_output=True, **self.who)

    def psql(self, *arguments, check=True):
        return self.command([self.bin / 'psql', '-h', self.folder, '-p', self.port, '-U', self.USER, '-d', 'postgres', '-q',
                             '-v', 'ON_ERROR_STOP=1', *arguments], check=check)
