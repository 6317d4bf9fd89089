#!/usr/bin/env python3
"""A webhook receiver that misbehaves: bad_receiver.py WAY. Prints its port. SIGUSR1 makes it a good one."""
import asyncio
import signal
import sys

SLOW = 2  # seconds for an answer


def answer(status, body=b'', headers='', length=None):
    return f'HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body) if length is None else length}\r\n\r\n'.encode() + body


ACCEPTED = answer(200)
WAYS = {
    'accepts': ACCEPTED,
    'slow': ACCEPTED,
    'status 500': answer(500),
    'redirects': answer(302, headers='Location: http://169.254.169.254/\r\n'),
    'private address': ACCEPTED,  # nobody asks it
    'closes half way': answer(200, b'half', length=100),
    'answers 2 MB': answer(200, b'x' * 2_000_000),
    'refuses each tenth': answer(500),
}


class Receiver(asyncio.Protocol):
    way = 'accepts'

    def connection_made(self, transport):
        self.transport, self.received = transport, b''

    def data_received(self, data):
        self.received += data
        while True:
            head, end, rest = self.received.partition(b'\r\n\r\n')
            if not end:
                return
            length = int(next(line for line in head.split(b'\r\n') if line.lower().startswith(b'content-length:'))[15:])
            if len(rest) < length:
                return
            self.answer(rest[:length])
            self.received = rest[length:]

    def answer(self, body):
        way = Receiver.way
        if way == 'refuses each tenth' and not body.partition(b'"subject":"')[2].split(b'"')[0].endswith(b'7'):
            way = 'accepts'
        if way == 'slow':
            asyncio.get_running_loop().call_later(SLOW, self.transport.write, ACCEPTED)
            return
        self.transport.write(WAYS[way])
        if way == 'closes half way':
            self.transport.close()


async def main():
    Receiver.way = sys.argv[1]
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(Receiver, 'way', 'accepts'))
    server = await loop.create_server(Receiver, '127.0.0.1', 0, backlog=128)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(main())
