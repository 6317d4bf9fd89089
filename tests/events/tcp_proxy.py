"""Stands between the instances and a broker and makes the network fail."""
import contextlib
import socket
import threading
import time


class TcpProxy:
    """with TcpProxy() as proxy: proxy.lead_to(port); …; on a free port of loopback. Faults last until mend()."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.address = f'127.0.0.1:{self.port}'
        self.server_port = None
        self.lock = threading.Lock()
        self.links = []  # (socket to the client, socket to the server)
        self.passes = threading.Event()
        self.passes.set()
        self.is_cut = self.loses_answers = False
        self.delay_seconds = 0
        self.lost_bytes = 0

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.passes.set()
        self.break_links()

    def lead_to(self, server_port):
        self.server_port = server_port

    def cut(self):
        """Breaks all connections, and new ones at once."""
        self.is_cut = True
        self.break_links()

    def freeze(self):
        """Nothing passes in either direction; connections stay open. Afterwards all of it arrives."""
        self.passes.clear()

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
        self.passes.set()

    def break_links(self):
        with self.lock:
            links, self.links = self.links, []
        for link in links:
            self.close(link)

    @staticmethod
    def close(link):
        for end in link:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            end.close()

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
            link = (client, server)
            with self.lock:
                self.links.append(link)
            for source, target in (link, link[::-1]):
                threading.Thread(target=self.carry, args=(link, source, target), daemon=True).start()

    def carry(self, link, source, target):
        try:
            while data := source.recv(65536):
                if self.delay_seconds:
                    time.sleep(self.delay_seconds)
                self.passes.wait()
                if self.loses_answers and source is link[1]:
                    self.lost_bytes += len(data)
                    continue
                target.sendall(data)
        except OSError:
            pass
        with self.lock:
            if link in self.links:
                self.links.remove(link)
        self.close(link)
