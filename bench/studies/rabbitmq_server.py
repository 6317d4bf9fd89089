"""A RabbitMQ server of our own, on loopback, with its own port mapper, without systemd."""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools'))
from local_servers import Process, RestartableServer, free_port

PROGRAMS = pathlib.Path('/usr/lib/rabbitmq/bin')  # not /usr/sbin: those wrappers want the system's own server


class RabbitMissing(Exception):
    """The server cannot be had here; the text says why."""


class RabbitServer(RestartableServer):
    """With its data in `folder`, which everybody must be able to enter."""

    def __init__(self, folder):
        if not (PROGRAMS / 'rabbitmq-server').exists():
            raise RabbitMissing('rabbitmq-server is not installed (Debian: apt-get install rabbitmq-server)')
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port, self.mapper_port = free_port(), free_port()
        self.address = f'127.0.0.1:{self.port}'
        self.running = self.mapper = None
        for name in ('mnesia', 'log', 'home'):
            (self.folder / name).mkdir()
        (self.folder / 'rabbitmq.conf').write_text(f'listeners.tcp.1 = {self.address}\n')
        (self.folder / 'env.conf').write_text('')
        (self.folder / 'enabled_plugins').write_text('[].')
        self.who = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam('rabbitmq')
            self.who = {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
            for path in [self.folder, *self.folder.iterdir()]:
                os.chown(path, user.pw_uid, user.pw_gid)
        self.environment = {
            **os.environ, 'HOME': str(self.folder / 'home'), 'RABBITMQ_MNESIA_BASE': str(self.folder / 'mnesia'),
            'RABBITMQ_LOG_BASE': str(self.folder / 'log'), 'RABBITMQ_NODENAME': 'study@localhost', 'RABBITMQ_NODE_IP_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODE_PORT': str(self.port), 'RABBITMQ_DIST_PORT': str(free_port()), 'RABBITMQ_CONFIG_FILE': str(self.folder / 'rabbitmq'),
            'RABBITMQ_CONF_ENV_FILE': str(self.folder / 'env.conf'), 'RABBITMQ_ENABLED_PLUGINS_FILE': str(self.folder / 'enabled_plugins'),
            'ERL_EPMD_PORT': str(self.mapper_port), 'ERL_EPMD_ADDRESS': '127.0.0.1',
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '-kernel inet_dist_use_interface {127,0,0,1}'}

    def start(self):
        epmd = shutil.which('epmd')
        if not epmd:
            raise RabbitMissing('epmd is not installed (Debian: apt-get install rabbitmq-server)')
        mapper_folder = self.folder / 'home'  # ours, so that it can be stopped by its pid: the server would leave one behind
        self.mapper = Process([epmd, '-address', '127.0.0.1', '-port', self.mapper_port], mapper_folder, stdout=subprocess.DEVNULL, **self.who)
        self.running = Process([PROGRAMS / 'rabbitmq-server'], self.folder, env=self.environment, stdout=subprocess.DEVNULL, **self.who)
        self.wait_until_it_answers('RabbitMQ', 60)

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), timeout=2) as connection:
            connection.sendall(b'AMQP\x00\x00\x09\x01')
            return connection.recv(1) != b''
        return False

    def stop(self):
        super().stop()
        if self.mapper:
            self.mapper.stop()
            self.mapper = None
