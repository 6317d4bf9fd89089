"""A real nginx that runs an example of deploy/ on loopback."""
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import server

MISSING = '' if shutil.which('nginx') else 'nginx is not installed (Debian: nginx-light)'


def changed(text, places):
    """The text with other addresses; each of `places` must be in it."""
    for there, here in places.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


class Nginx:
    """with Nginx(text) as nginx: …; the text is what stands inside http { }. Relative paths in it are in `folder`."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.folder.chmod(0o755)  # its workers are another user if it runs as root
        temporary = ''.join(f'{kind}_temp_path {kind};' for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        (self.folder / 'nginx.conf').write_text('daemon off; worker_processes 1; pid nginx.pid; error_log stderr;\n'
                                                f'events {{}}\nhttp {{ {temporary}\n{self.text}}}\n')
        with open(self.folder / 'error.log', 'w') as log:
            self.process = subprocess.Popen(['nginx', '-e', 'stderr', '-p', self.folder, '-c', self.folder / 'nginx.conf'], stderr=log)
        port = int(re.search(r'listen 127\.0\.0\.1:(\d+)', self.text)[1])
        try:
            server.wait_until('nginx listens', lambda: self.listens(port), seconds=20)
        except BaseException:
            said = (self.folder / 'error.log').read_text()
            self.__exit__()
            raise RuntimeError('nginx did not start:\n' + said)
        return self

    def listens(self, port):
        if self.process.poll() is not None:
            raise RuntimeError('nginx ended')
        try:
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return True
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.temporary.cleanup()
