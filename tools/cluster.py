"""./x cluster: a PostgreSQL, some instances of the server and HAProxy before them, on loopback, with the demo. Everything
lives in a folder that goes when it is stopped."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from local_servers import PostgresServer, Process

ROOT = pathlib.Path(__file__).resolve().parents[1]
STAGEDOOR = ROOT / 'build/release/stagedoor'


class Instance(Process):
    def __init__(self, folder, number, environment):
        folder = folder / f'instance-{number}'
        folder.mkdir()
        super().__init__([STAGEDOOR, 'serve', '--http.trusted_proxies=127.0.0.1'], folder, env=environment, stdout=subprocess.PIPE)
        for line in self.process.stdout:
            said = json.loads(line) if line.startswith('{') else {}
            if said.get('event') == 'listening':
                self.address = said['address']
                return
        raise RuntimeError(f'instance {number} did not start:\n' + self.said())


class Haproxy(Process):
    """deploy/haproxy.cfg with the addresses of this cluster."""

    def __init__(self, folder, listen, instances):
        folder = folder / 'haproxy'
        folder.mkdir()
        servers = ''.join(f'  server stagedoor{i + 1} {one.address}\n' for i, one in enumerate(instances))
        text = (ROOT / 'deploy/haproxy.cfg').read_text().replace('bind :80', f'bind {listen}')
        text = re.sub(r'(  server .*\n)+', servers, text).replace('maxconn 100000', 'maxconn 8000')
        (folder / 'haproxy.cfg').write_text(text)
        super().__init__(['haproxy', '-db', '-f', folder / 'haproxy.cfg'], folder)
        host, port = listen.rsplit(':', 1)
        for _ in range(100):
            if self.process.poll() is not None:
                raise RuntimeError('HAProxy did not start:\n' + self.said())
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                return
            time.sleep(0.05)


def main():
    arguments = argparse.ArgumentParser(prog='./x cluster', description=__doc__)
    arguments.add_argument('--instances', type=int, default=3, help='how many servers (%(default)s)')
    arguments.add_argument('--listen', default='127.0.0.1:8080', help='where HAProxy listens (%(default)s)')
    options = arguments.parse_args()
    if not 1 <= options.instances <= 50:
        arguments.error('--instances: 1 to 50')

    folder = pathlib.Path(tempfile.mkdtemp(prefix='stagedoor-cluster-', dir='/var/tmp'))
    folder.chmod(0o755)
    started = []
    try:
        print(f'· starting PostgreSQL in {folder}', flush=True)
        (folder / 'postgres').mkdir()
        postgres = PostgresServer(folder / 'postgres', [f'max_connections={8 * options.instances + 20}'])
        started.append(postgres)
        key = secrets.token_hex(16)
        environment = {**os.environ, 'STAGEDOOR_STORE_URL': postgres.url(), 'STAGEDOOR_HTTP_LISTEN': '127.0.0.1:0',
                       'STAGEDOOR_HTTP_TRUSTED_PROXIES': '127.0.0.1', 'STAGEDOOR_AUTH_KEYS': secrets.token_hex(32),
                       'STAGEDOOR_ADMIN_KEYS': f'demo:owner:{key}',
                       'STAGEDOOR_CATALOGUE_FILE': str(ROOT / 'demo/catalogue.yaml')}
        instances = []
        for number in range(1, options.instances + 1):
            print(f'· starting instance {number}', flush=True)
            instances.append(Instance(folder, number, environment))
            started.append(instances[-1])
        started.append(Haproxy(folder, options.listen, instances))
        print(welcome(options.listen, instances, postgres, key), flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        signal.pause()
    except KeyboardInterrupt:
        pass
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        print('· stopping', flush=True)
        for one in reversed(started):
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


def welcome(listen, instances, postgres, key):
    url = f'http://{listen}'
    each = '\n'.join(f'  instance {i + 1}   http://{one.address}   process {one.process.pid}, log {one.folder}/stderr.log'
                     for i, one in enumerate(instances))
    return f'''
{len(instances)} instances serve the demo at {url} (HAProxy, round robin; Ctrl-C stops all, and the data goes)
{each}
  PostgreSQL   {postgres.url()}
  operator key {key}   (/admin, /docs and /metrics at the address of an instance: HAProxy hides them)

Try next, in another terminal:
  build/release/stagedoor crowd --url {url} --event 2 --rate 300     # a crowd sells the hall out, every call to another instance
  kill -9 {instances[0].process.pid}                                                # meanwhile: the others go on
  kill -STOP {instances[-1].process.pid}; sleep 10; kill -CONT {instances[-1].process.pid}                  # it comes back without harm
  build/release/stagedoor audit --store.url='{postgres.url()}'
'''


if __name__ == '__main__':
    main()
