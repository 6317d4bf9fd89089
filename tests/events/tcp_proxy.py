"""Stands between the instances and a broker and makes the network fail."""
import contextlib
import os
import pathlib
import socket
import threading
import time


def ports_of(pid):
    """Local TCP ports of a process."""
    sockets = set()
    for entry in pathlib.Path(f'/proc/{pid}/fd').iterdir():
        with contextlib.suppress(OSError):
            sockets.add(os.readlink(entry))
    lines = pathlib.Path(f'/proc/{pid}/net/tcp').read_text().splitlines()[1:]
    return {int(words[1].rpartition(':')[2], 16) for words in map(str.split, lines) if f'socket:[{words[9]}]' in sockets}


class Link:
    """A connection of a client, and ours to the server."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.passes = threading.Event()
        self.passes.set()

    def close(self):
        """What is frozen is lost."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            end.close()
        self.passes.set()


class TcpProxy:
    """with TcpProxy() as proxy: proxy.lead_to(port); …; on a free port of loopback. Faults last until mend()."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.address = f'127.0.0.1:{self.port}'
        self.server_port = None
        self.lock = threading.Lock()
        self.links = []
        self.is_cut = self.is_frozen = self.loses_answers = False
        self.delay_seconds = 0
        self.lost_bytes = 0

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.break_links()

    def lead_to(self, server_port):
        self.server_port = server_port

    def cut(self):
        """Breaks all connections, and new ones at once."""
        self.is_cut = True
        self.break_links()

    def freeze(self, pid=None):
        """Nothing passes in either direction, or nothing on the present connections of one process. Connections stay open, and
        all of it arrives afterwards, even when the client is no more."""
        ports = ports_of(pid) if pid else None
        with self.lock:
            self.is_frozen = pid is None
            for link in self.links:
                if ports is None or link.client.getpeername()[1] in ports:
                    link.passes.clear()

    def lose_answers(self):
        """What clients send arrives; what the server sends is lost."""
        self.loses_answers = True

    def delay(self, seconds):
        """What is sent arrives so much later, in either direction."""
        self.delay_seconds = seconds

    def mend(self):
        had_lost, self.loses_answers, self.is_cut, self.delay_seconds = self.loses_answers, False, False, 0
        if had_lost:
            self.break_links()  # the rest of a stream with a hole is of no use
        with self.lock:
            self.is_frozen = False
            for link in self.links:
                link.passes.set()

    def break_links(self):
        with self.lock:
            links, self.links = self.links, []
        for link in links:
            link.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                if self.is_cut:
                    raise ConnectionError
                server = socket.create_connection(('127.0.0.1', self.server_port), timeout=2)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            link = Link(client, server)
            with self.lock:
                self.links.append(link)
                if self.is_frozen:
                    link.passes.clear()
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=(link, source, target), daemon=True).start()

    def carry(self, link, source, target):
        try:
            while data := source.recv(65536):
                if self.delay_seconds:
                    time.sleep(self.delay_seconds)
                link.passes.wait()
                if self.loses_answers and source is link.server:
                    self.lost_bytes += len(data)
                    continue
                target.sendall(data)
            link.passes.wait()
        except OSError:
            pass
        with self.lock:
            if link in self.links:
                self.links.remove(link)
        link.close()
