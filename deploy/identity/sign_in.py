#!/usr/bin/env python3
"""Signs a user in at provider.mjs as a page does, by the authorization code flow with PKCE, and prints the ID token.

With --audience it prints the access token for that audience. The form is that of provider.mjs; all else is what OpenID Connect says (RFC 6749, 7636, 8707, 9207)."""
import argparse
import base64
import hashlib
import http.cookiejar
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """The provider's word: invalid_target, invalid_grant, …"""


class Browser(urllib.request.HTTPRedirectHandler):
    """Keeps cookies and follows redirects, until one leads back to the page."""

    def __init__(self, page):
        self.page, self.back = page, None
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), self)

    def redirect_request(self, request, answer, code, message, headers, url):
        if url.split('?')[0] == self.page:
            self.back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
            return None
        return super().redirect_request(request, answer, code, message, headers, url)

    def open(self, url, form=None):
        """(where it ended, the text there); `back` has what the page was told, if it ended at the page."""
        try:
            with self.opener.open(url, None if form is None else urllib.parse.urlencode(form).encode(), timeout=20) as answer:
                return answer.url, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                text = answer.read().decode()
                if self.back is None:
                    raise Refused(f'{answer.code}: {text}')
                return answer.url, text


def sign_in(issuer, user, page, client='tickets', audience=None):
    """The provider's answer: access_token, id_token, expires_in, …"""
    browser = Browser(page)
    provider = json.loads(browser.open(f'{issuer}/.well-known/openid-configuration')[1])
    if provider['issuer'] != issuer:
        raise Refused(f'the issuer is {provider["issuer"]}')
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b'=').decode()
    asked = {'response_type': 'code', 'client_id': client, 'redirect_uri': page, 'scope': 'openid tickets', 'state': state,
             'nonce': secrets.token_urlsafe(16), 'code_challenge': challenge, 'code_challenge_method': 'S256',
             **({'resource': audience} if audience else {})}
    form, _ = browser.open(f'{provider["authorization_endpoint"]}?{urllib.parse.urlencode(asked)}')
    if browser.back is None:
        browser.open(form, {'login': user})
    back = browser.back or {}
    if 'error' in back:
        raise Refused(back['error'])
    if (back.get('state'), back.get('iss')) != (state, issuer):
        raise Refused('this is not the answer to the question')
    exchange = {'grant_type': 'authorization_code', 'client_id': client, 'code': back['code'], 'redirect_uri': page,
                'code_verifier': verifier}
    browser.back = None
    return json.loads(browser.open(provider['token_endpoint'], exchange)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('user')
    parser.add_argument('--issuer', default='http://127.0.0.1:8001')
    parser.add_argument('--page', default='http://127.0.0.1:8000/', help='where the provider sends the browser back to')
    parser.add_argument('--audience', help='an API; its access token is printed instead of the ID token')
    chosen = parser.parse_args()
    answer = sign_in(chosen.issuer, chosen.user, chosen.page, audience=chosen.audience)
    print(answer['access_token' if chosen.audience else 'id_token'])


if __name__ == '__main__':
    main()
