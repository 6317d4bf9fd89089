"""deploy/identity on free ports: nginx before a real OpenID provider (npm: oidc-provider) and a real server with auth.mode = jwt."""
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / 'deploy/identity'
sys.path.append(str(EXAMPLE))
import fan
import nginx
import server
import sign_in

SITE, LOGIN, SERVER, PROVIDER = ADDRESSES = [f'127.0.0.1:{port}' for port in (8000, 8001, 8080, 9000)]


def missing():
    """Why the tests cannot run here; '' if they can."""
    if nginx.MISSING:
        return nginx.MISSING
    if not shutil.which('node'):
        return 'nodejs is not installed'
    if not (EXAMPLE / 'node_modules/oidc-provider').is_dir():
        return 'oidc-provider is not there: ./x test fetches it'
    return ''


class Copy:
    """deploy/identity in a folder of its own, with free ports instead of those of the example."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)  # nginx's workers are another user if it runs as root
        self.here = {there: f'127.0.0.1:{server.free_port()}' for there in ADDRESSES}
        example = self.folder / 'deploy/identity'
        example.mkdir(parents=True)
        for file in EXAMPLE.iterdir():
            if file.is_file():
                (example / file.name).write_text(self.moved(file.read_text()))
        (example / 'node_modules').symlink_to(EXAMPLE / 'node_modules')

    def moved(self, text):
        return re.sub('|'.join(rf'{re.escape(there)}\b' for there in ADDRESSES), lambda found: self.here[found[0]], text)

    def url(self, there):
        return f'http://{self.here[there]}'

    def shown(self, text):
        """For the log: with the ports of the example, and without what proves anything."""
        for there, here in self.here.items():
            text = text.replace(here, there)
        text = text.replace(str(self.folder), '…').replace(server.BINARY, 'build/release/stagedoor').replace(f'{ROOT}/', '')
        text = re.sub(r'eyJ[\w-]+\.[\w-]+\.[\w-]+', 'eyJ…', text)
        return re.sub(r'(?<![\w/-])[\w-]{60,}(?![\w-])', '…', text)


class Run(Copy):
    """with Run(folder, '--algorithms=ES256') as run: …; the options are the provider's, `settings` those of the server, and `proof` is the
    member of the provider's answer that proves the fan."""

    def __init__(self, folder, *options, settings=(), proof='id_token'):
        super().__init__(folder)
        self.options, self.settings, self.proof = options, settings, proof

    def __enter__(self):
        (self.folder / 'sale.yaml').write_text(fan.SALE)
        self.errors = open(self.folder / 'processes.log', 'w')
        nginx_command = ['nginx', '-e', 'stderr', '-p', self.folder, '-c', self.folder / 'deploy/identity/try.conf']
        self.nginx = subprocess.Popen(nginx_command, stderr=self.errors)
        provider_command = ['node', 'deploy/identity/provider.mjs', f'--issuer={self.url(LOGIN)}', *self.options]
        self.provider = subprocess.Popen(provider_command, cwd=self.folder, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.server = server.Server(self.folder, '--config=deploy/identity/stagedoor.toml', f'--http.listen={self.here[SERVER]}',
                                    '--catalogue.file=sale.yaml', f'--admin.keys=olga:owner:{fan.KEY}', *self.settings)
        self.server.process = None
        try:
            self.said('listening')
            self.server.__enter__()
            server.wait_until('the server has the keys', lambda: self.fan_with(self.token('first')).send('GET', '/users/me').status == 200)
        except BaseException:
            self.__exit__()
            print((self.folder / 'processes.log').read_text(), file=sys.stderr)
            raise
        return self

    def __exit__(self, *_):
        for process in (self.nginx, self.provider):
            process.terminate()
            process.wait(timeout=30)
        self.provider.stdout.close()
        self.errors.close()
        if self.server.process:
            self.server.__exit__()

    def said(self, event):
        """The next line of that event that the provider prints."""
        for line in self.provider.stdout:
            if line.startswith('{') and (said := json.loads(line))['event'] == event:
                return said
        raise RuntimeError('the provider ended')

    def rotate(self):
        """The algorithm of the key that signs from now on."""
        self.provider.send_signal(signal.SIGHUP)
        return self.said('rotated')['algorithm']

    def sign_in(self, user, **more):
        return sign_in.sign_in(self.url(LOGIN), user, f'{self.url(SITE)}/', **more)

    def token(self, user, **more):
        return self.sign_in(user, **more)[self.proof]

    def fan_with(self, token):
        return fan.Fan(self.url(SITE), {'Authorization': f'Bearer {token}'})

    def fan(self, user):
        return self.fan_with(self.token(user))

    def readings(self):
        """How often the server asked the provider for its keys."""
        return (self.folder / 'access.log').read_text().count('"GET /jwks"')
