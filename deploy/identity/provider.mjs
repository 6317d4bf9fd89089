// An OpenID provider to try Stagedoor with (docs/identity.md): its form believes whatever name is written into it, and what it
// knows ends with the process. Prints one line of JSON when it listens. SIGHUP: the next key signs from now on.
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import Provider, { errors } from 'oidc-provider';

const { values: options } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:9000' }, // port 0: any free one
    issuer: { type: 'string' }, // the address that browsers see; default: http:// and where it listens
    client: { type: 'string', multiple: true, default: ['tickets'] }, // pages, so they have no secret
    redirect: { type: 'string', multiple: true, default: ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/signed-in'] }, // where the browser may come back to
    audience: { type: 'string', multiple: true, default: ['https://tickets.example'] }, // of access tokens; the first if a client names none
    scope: { type: 'string', default: 'tickets' },
    algorithms: { type: 'string', default: 'RS256,RS256' }, // of the keys, in the order in which they will sign
    lifetime: { type: 'string', default: '3600' }, // of an ID token and an access token, in seconds
  },
});

// --- keys ---

const KINDS = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}] };

function newKey(alg) {
  const [type, settings] = KINDS[alg];
  const { privateKey } = generateKeyPairSync(type, settings);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() };
}

// The first signs. The others are published before they sign, the retired ones as long as tokens of theirs may live.
let keys = options.algorithms.split(',').map(newKey);
let retired = [];

function rotate() {
  retired = [keys[0]];
  keys = [...keys.slice(1), newKey(keys[0].alg)];
}

// --- the provider ---

const cookieKeys = [randomBytes(32).toString('hex')];

async function grantEverything(ctx) { // no consent: the site and the provider belong together
  const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
  grant.addOIDCScope('openid profile offline_access');
  for (const audience of options.audience) grant.addResourceScope(audience, options.scope);
  await grant.save();
  return grant;
}

// Access tokens are JWTs for an API (RFC 9068), asked for by their audience (RFC 8707). The audience of an ID token is the client.
function resourceIndicators(signing) {
  return {
    enabled: true,
    defaultResource: (ctx, client, oneOf) => oneOf ?? options.audience[0],
    useGrantedResource: () => true,
    getResourceServerInfo: (ctx, resource) => {
      if (!options.audience.includes(resource)) throw new errors.InvalidTarget();
      return {
        audience: resource,
        scope: options.scope,
        accessTokenFormat: 'jwt',
        accessTokenTTL: Number(options.lifetime),
        jwt: { sign: { alg: signing.alg, kid: signing.kid } },
      };
    },
  };
}

function newProvider(issuer) {
  const [signing] = keys;
  const provider = new Provider(issuer, {
    clients: options.client.map((id) => ({
      client_id: id,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: options.redirect,
      post_logout_redirect_uris: options.redirect,
      id_token_signed_response_alg: signing.alg,
    })),
    clientBasedCORS: (ctx, origin) => options.redirect.some((uri) => new URL(uri).origin === origin),
    cookies: { keys: cookieKeys },
    features: { devInteractions: { enabled: false }, resourceIndicators: resourceIndicators(signing) },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: id }) }),
    claims: { openid: ['sub'], profile: ['name'] },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [...keys, ...retired] },
    loadExistingGrant: grantEverything,
    pkce: { required: () => true, methods: ['S256'] },
    ttl: { IdToken: Number(options.lifetime) },
  });
  provider.proxy = true; // believes X-Forwarded-Proto: it is reached through nginx only
  return provider;
}

// --- the form ---

const FORM = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><form method="post"><label>Name <input name="login" required autofocus></label> <button>Sign in</button></form></html>`;
const FORM_MAX = 10_000; // bytes

async function signIn(provider, request, response) {
  await provider.interactionDetails(request, response); // throws without the cookie of this sign-in
  if (request.method !== 'POST') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end(FORM);
    return;
  }
  let body = '';
  for await (const part of request) {
    body += part;
    if (body.length > FORM_MAX) throw new Error('the form is too large');
  }
  const login = new URLSearchParams(body).get('login');
  // Pages that want a refresh token ask for consent too (prompt=consent); the form answers both.
  await provider.interactionFinished(request, response, { login: { accountId: login || 'nobody' }, consent: {} });
}

// --- serving ---

let provider, callback;

function serve(request, response) {
  if (!request.url.startsWith('/interaction/')) {
    callback(request, response);
    return;
  }
  signIn(provider, request, response).catch((error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(400).end(`${error.message}\n`);
  });
}

function start(event, more) {
  provider = newProvider(more.issuer);
  callback = provider.callback();
  console.log(JSON.stringify({ event, ...more, algorithm: keys[0].alg, kid: keys[0].kid }));
}

const [, host, port] = options.listen.match(/^(.*):(\d+)$/);
const server = createServer(serve);
server.listen(Number(port), host, () => {
  const address = `${host}:${server.address().port}`;
  const issuer = options.issuer ?? `http://${address}`;
  start('listening', { address, issuer });
  process.on('SIGHUP', () => {
    rotate();
    start('rotated', { address, issuer });
  });
});
