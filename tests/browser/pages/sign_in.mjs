// A sign-in with OpenID Connect as the pages do it (R-U12): code with PKCE, the ID token as proof of a join, renewal with the refresh
// token, and what is not accepted. The provider is a small one of this test's own; the server runs in mode `token`, so the answers to
// GET /client and to the join are put in between.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Fan, assert } from "./fan.mjs";

const CLIENT = "fans";

// `lifetimes`: of the ID tokens that it gives, in seconds.
async function startProvider(lifetimes) {
  const seen = { grants: [] };
  let begun;
  const idToken = (issuer) => {
    const claims = { iss: issuer, aud: CLIENT, sub: "kim", nonce: begun.nonce, exp: Math.floor(Date.now() / 1000) + (lifetimes.shift() ?? 3600) };
    return ["{}", JSON.stringify(claims), "signature"].map((part) => Buffer.from(part).toString("base64url")).join(".");
  };
  const server = createServer(async (request, response) => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const url = new URL(request.url, issuer);
    const json = (status, body) => {
      response.writeHead(status, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
      response.end(JSON.stringify(body));
    };
    if (url.pathname === "/.well-known/openid-configuration") {
      return json(200, { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` });
    }
    if (url.pathname === "/authorize") {
      begun = Object.fromEntries(url.searchParams);
      response.writeHead(302, { Location: `${begun.redirect_uri}?code=the-code&state=${begun.state}` });
      return response.end();
    }
    let text = "";
    for await (const part of request) text += part;
    const form = Object.fromEntries(new URLSearchParams(text));
    seen.grants.push(form.grant_type);
    const challenge = form.code_verifier && createHash("sha256").update(form.code_verifier).digest("base64url");
    const isGood = form.grant_type === "refresh_token" ? form.refresh_token === "renew" : challenge === begun.code_challenge && form.code === "the-code";
    if (!isGood || begun.code_challenge_method !== "S256" || form.client_id !== CLIENT) return json(400, { error: "invalid_grant" });
    seen.idToken = idToken(issuer);
    json(200, { id_token: seen.idToken, refresh_token: "renew", token_type: "Bearer" });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { seen, issuer: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

async function asModeJwt(fan, provider) {
  const joins = [];
  await fan.page.route("**/client", (route) =>
    route.fulfill({ json: { success: true, data: { authMode: "jwt", chargeBy: "user", defaultEvent: null, oidc: { issuer: provider.issuer, clientId: CLIENT, scope: "openid" } } } }),
  );
  await fan.page.route("**/queue", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    joins.push({ proof: route.request().headers().authorization, body: route.request().postDataJSON() });
    const userId = `${randomBytes(4).toString("hex")}-1111-4111-8111-111111111111`;
    const { authorization, ...headers } = route.request().headers();
    await route.continue({ headers, postData: JSON.stringify({ ...joins.at(-1).body, userId }) });
  });
  return joins;
}

export default async function ({ browser, url }) {
  const provider = await startProvider([50, 3600]); // the first one ends so soon that it is renewed at once
  const fan = await Fan.arrive(browser, url, { bypassCSP: true }); // the server of this test does not know the provider
  fan.allowed.push(provider.issuer);
  const joins = await asModeJwt(fan, provider);
  await fan.go("/wait/1");
  await fan.state("sign-in");
  await fan.looksGood("wait-sign-in");
  await fan.page.getByRole("button", { name: "Sign in" }).click();
  await fan.state("turn");
  assert.equal(new URL(fan.page.url()).pathname, "/wait/1");
  assert.deepEqual(provider.seen.grants, ["authorization_code", "refresh_token"]);
  assert.deepEqual(joins, [{ proof: `Bearer ${provider.seen.idToken}`, body: { eventId: 1 } }]);

  await fan.go("/signed-in?code=the-code&state=made-up");
  await fan.says("This sign-in did not begin here.");
  assert.equal(provider.seen.grants.length, 2);
  await fan.leave();
  provider.stop();
}
