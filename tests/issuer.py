"""An identity provider for Python tests: keys of the openssl command, the set of them, and the proofs that they sign, right or wrong."""
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import subprocess
import threading
import time
import uuid

ISSUER, AUDIENCE = 'https://id.example', 'tickets'
KEY_OPTIONS = {'RS256': ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], 'ES256': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'EdDSA': ['ed25519']}


def openssl(*words, data=None):
    return subprocess.run(['openssl', *map(str, words)], input=data, capture_output=True, check=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def part(value):
    return base64url(json.dumps(value).encode())


def side_by_side(der):
    """The numbers of an ECDSA signature, 32 bytes each."""
    def number(at):
        size = der[at + 1]
        return der[at + 2:at + 2 + size].lstrip(b'\0').rjust(32, b'\0'), at + 2 + size
    first, after = number(2)
    return first + number(after)[0]


def claims(user=None, lasts=300, **changes):
    """Of a right proof; a change to None leaves a claim out."""
    now = time.time()
    all_claims = {'iss': ISSUER, 'aud': AUDIENCE, 'sub': user or str(uuid.uuid4()), 'iat': now, 'exp': now + lasts, **changes}
    return {name: value for name, value in all_claims.items() if value is not None}


class Key:
    def __init__(self, folder, name, algorithm='EdDSA'):
        self.name, self.algorithm, self.file = name, algorithm, pathlib.Path(folder) / f'{name}.pem'
        openssl('genpkey', '-algorithm', *KEY_OPTIONS[algorithm], '-out', self.file)

    def jwk(self):
        public = openssl('pkey', '-in', self.file, '-pubout', '-outform', 'DER')
        if self.algorithm == 'RS256':
            modulus = openssl('rsa', '-in', self.file, '-noout', '-modulus').decode().strip().split('=')[1]
            numbers = {'kty': 'RSA', 'n': base64url(bytes.fromhex(modulus)), 'e': 'AQAB'}
        elif self.algorithm == 'ES256':
            numbers = {'kty': 'EC', 'crv': 'P-256', 'x': base64url(public[-64:-32]), 'y': base64url(public[-32:])}
        else:
            numbers = {'kty': 'OKP', 'crv': 'Ed25519', 'x': base64url(public[-32:])}
        return {'kid': self.name, **numbers}

    def signature(self, text):
        if self.algorithm == 'EdDSA':
            message = self.file.with_suffix('.text')
            message.write_bytes(text)
            return openssl('pkeyutl', '-sign', '-inkey', self.file, '-rawin', '-in', message)
        der = openssl('dgst', '-sha256', '-sign', self.file, data=text)
        return side_by_side(der) if self.algorithm == 'ES256' else der

    def proof(self, of=None, **header):
        """`of`: a user, or the claims."""
        body = of if isinstance(of, dict) else claims(of)
        text = part({'alg': self.algorithm, 'kid': self.name, **header}) + '.' + part(body)
        return text + '.' + base64url(self.signature(text.encode()))

    def proof_by_hmac(self):
        """What a verifier takes that uses the public key as a secret."""
        text = part({'alg': 'HS256', 'kid': self.name}) + '.' + part(claims())
        pem = openssl('pkey', '-in', self.file, '-pubout')
        return text + '.' + base64url(hmac.new(pem, text.encode(), hashlib.sha256).digest())


def unsigned():
    return part({'alg': 'none'}) + '.' + part(claims()) + '.'


def set_of(*keys):
    return json.dumps({'keys': [key.jwk() for key in keys]})


class Provider:
    """Serves a set of keys at `url` within a `with` block, and counts how often it is asked. The port stays the same from block to block."""

    def __init__(self, port):
        self.port, self.url, self.asked, self.keys = port, f'http://127.0.0.1:{port}/jwks', 0, '{"keys": []}'

    def __enter__(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(provider.keys.encode())

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', self.port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
