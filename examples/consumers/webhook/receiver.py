#!/usr/bin/env python3
"""Receives Stagedoor's events as webhooks: verifies signatures, drops repeats, and can write "your turn" mails.

Standard library only. See README.md beside this file.
"""
import argparse
import contextlib
import csv
import email.message
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import smtplib
import sqlite3
import sys
import threading
import time

BODY_MAX = 1 << 20
TOLERANCE = 300  # seconds between the sender's clock and this one


class Refused(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def verify(header, body, secrets, now):
    """Raises Refused unless `header` has a code of time and body by one of the secrets, and the time is near."""
    parts = [part.split('=', 1) for part in header.split(',') if '=' in part]
    times = [value for name, value in parts if name == 't']
    codes = [value for name, value in parts if name == 'v1']
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12 or not codes:
        raise Refused(401, 'no signature')
    signed = times[0].encode() + b'.' + body
    good = False
    for secret in secrets:  # all of them, so that the time it takes says nothing
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for code in codes:
            good |= hmac.compare_digest(expected.encode(), code.encode())
    if not good:
        raise Refused(401, 'wrong signature')
    if abs(now - int(times[0])) > TOLERANCE:
        raise Refused(401, 'the signature is too old, or a clock is wrong')


class Events:
    """Hands on each event once: `handle(event)` is called for those that are newer than the last of their subject."""

    def __init__(self, path, handle):
        self.handle, self.lock = handle, threading.Lock()
        self.store = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.store.execute('CREATE TABLE IF NOT EXISTS newest (subject TEXT PRIMARY KEY, keyversion INTEGER NOT NULL)')

    def take(self, event):
        """False: a repeat. A crash between handle() and the commit handles the event again."""
        with self.lock, contextlib.closing(self.store.cursor()) as cursor:
            cursor.execute('BEGIN IMMEDIATE')
            try:
                cursor.execute('INSERT INTO newest VALUES (?, ?) ON CONFLICT (subject) DO UPDATE '
                               'SET keyversion = excluded.keyversion WHERE excluded.keyversion > newest.keyversion',
                               (event['subject'], event['keyversion']))
                is_new = cursor.rowcount > 0
                if is_new:
                    self.handle(event)
                cursor.execute('COMMIT')
                return is_new
            except BaseException:
                cursor.execute('ROLLBACK')
                raise


class Mails:
    """`stagedoor.queue.admitted.v1` says which `places` of an event's line were let in."""

    def __init__(self, addresses, send):
        self.addresses, self.send = addresses, send  # {(event, place): address}

    def notify(self, event):
        if event['type'] != 'stagedoor.queue.admitted.v1':
            return
        about = event['data']['event']
        for place in event['data']['places']:
            address = self.addresses.get((about, place))
            if not address:
                continue
            try:
                self.send(mail(address, about, place))
            except (OSError, smtplib.SMTPException) as why:  # one wrong address must not hold up the others
                print(f'no mail to place {place} of event {about}: {why}', file=sys.stderr)


def mail(address, event, place):
    message = email.message.EmailMessage()
    message['To'], message['From'], message['Subject'] = address, 'tickets@localhost', 'It is your turn'
    message.set_content(f'It is your turn: place {place} of event {event} may choose seats now.\n'
                        'Go back to the page on which you wait. Your time there is limited.\n')
    return message


def read_addresses(path):
    with open(path, newline='') as file:
        return {(int(row['event']), int(row['place'])): row['address'] for row in csv.DictReader(file)}


def sender(args):
    if args.smtp:
        host, _, port = args.smtp.partition(':')

        def send(message):
            with smtplib.SMTP(host, int(port or 25), timeout=10) as server:
                server.send_message(message)
    else:
        def send(message):
            with open(args.mail_file, 'a') as file:
                file.write(message.as_string() + '\n')
    return send


def handler(secrets, events):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        timeout = 30  # of a sender that stops half way

        def do_POST(self):
            try:
                status = self.receive()
            except Refused as why:
                status = why.status
                self.log_message('%s', why)
            self.send_response(status)
            self.send_header('Content-Length', '0')
            if status != 204:
                self.send_header('Connection', 'close')  # the body may not have been read
            self.end_headers()

        def receive(self):
            length = self.headers.get('Content-Length', '')
            if not length.isascii() or not length.isdigit() or int(length) > BODY_MAX:
                raise Refused(413, 'no length, or too long')
            body = self.rfile.read(int(length))
            verify(self.headers.get('Stagedoor-Signature', ''), body, secrets, time.time())
            try:
                event = json.loads(body)
                subject, version = event['subject'], event['keyversion']
            except (ValueError, KeyError, TypeError):
                raise Refused(400, 'no event') from None
            if not isinstance(subject, str) or not isinstance(version, int):
                raise Refused(400, 'no event')
            events.take(event)
            return 204

        def log_message(self, text, *args):
            print(self.address_string(), text % args, file=sys.stderr)

        def log_request(self, *_):
            pass

    return Handler


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--listen', default='127.0.0.1:9000', help='IP:PORT (default %(default)s); port 0: any free one')
    parser.add_argument('--secrets', help='file with the secrets, one a line (default: the variable WEBHOOK_SECRETS, separated by commas)')
    parser.add_argument('--state', default='webhook.db', help='file that remembers what was received (default %(default)s)')
    parser.add_argument('--out', default='-', help='file that gets each event as a line of JSON (default: standard output)')
    parser.add_argument('--notify', metavar='FILE', help='write "your turn" mails; FILE is a CSV with event,place,address')
    parser.add_argument('--mail-file', default='mails.txt', help='where mails go (default %(default)s)')
    parser.add_argument('--smtp', metavar='HOST:PORT', help='send mails instead')
    return parser.parse_args()


def main():
    args = arguments()
    if args.secrets:
        secrets = pathlib.Path(args.secrets).read_text().split()
    else:
        secrets = [secret for secret in os.environ.get('WEBHOOK_SECRETS', '').split(',') if secret]
    if not secrets:
        sys.exit('no secret: give --secrets FILE or WEBHOOK_SECRETS, with a value of events.webhook_secrets')
    mails = Mails(read_addresses(args.notify), sender(args)) if args.notify else None

    def handle(event):
        if mails:
            mails.notify(event)
        line = json.dumps(event, ensure_ascii=False)
        if args.out == '-':
            print(line, flush=True)
        else:
            with open(args.out, 'a') as out:
                out.write(line + '\n')

    host, _, port = args.listen.rpartition(':')
    server = http.server.ThreadingHTTPServer((host, int(port)), handler(secrets, Events(args.state, handle)))
    server.daemon_threads = True
    print('listening on %s:%d' % server.server_address[:2], file=sys.stderr, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == '__main__':
    main()
