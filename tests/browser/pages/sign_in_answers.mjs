// Answers that a real provider does not give, and proofs that the server refuses (R-U12). The provider is a small one of this test's own; the
// server runs in mode `token`, so the answers to GET /client and to the join are put in between. sign_in.mjs signs in for real.
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

const joins = [];
async function asOneWithProof(route) {
  if (route.request().method() !== "POST") return route.continue();
  joins.push({ proof: route.request().headers().authorization, body: route.request().postDataJSON() });
  const userId = `${randomBytes(4).toString("hex")}-1111-4111-8111-111111111111`;
  const { authorization, ...headers } = route.request().headers();
  await route.continue({ headers, postData: JSON.stringify({ ...joins.at(-1).body, userId }) });
}

async function asModeJwt(fan, provider) {
  await fan.page.route("**/client", (route) =>
    route.fulfill({ json: { success: true, data: { authMode: "jwt", chargeBy: "user", defaultEvent: null, oidc: { issuer: provider.issuer, clientId: CLIENT, scope: "openid" } } } }),
  );
  await fan.page.route("**/queue", asOneWithProof);
}

// A proof that the server does not accept leads to the sign-in, before the turn and in it.
async function proofIsRefused(fan) {
  const { page } = fan;
  await page.evaluate(() => localStorage.removeItem("stagedoor.place.1"));
  await fan.refusing("**/queue", 401, "TOKEN_NOT_FOUND", "POST");
  await fan.go("/wait/1");
  await fan.state("sign-in");
  assert.equal(await fan.kept("id"), null);
  await page.unroute("**/queue");
  await page.route("**/queue", asOneWithProof);
  await page.getByRole("button", { name: "Sign in" }).click();
  await fan.state("turn");

  await ownNothing(page);
  await fan.go("/buy/1");
  await page.locator(".list").waitFor();
  await fan.refusing("**/events/seats/best", 401, "TOKEN_EXPIRED");
  await page.locator("#find-best").click();
  await fan.state("sign-in");
  assert.equal(await fan.kept("id"), null);

  // The provider cannot be reached: that is said, too.
  await page.route("**/.well-known/*", (route) => route.abort());
  await page.reload();
  await fan.state("sign-in");
  await page.getByRole("button", { name: "Sign in" }).click();
  await fan.state("failed");
  await page.unroute("**/.well-known/*");
}

// The server runs in mode `token`, so it is asked nothing about the owner.
async function ownNothing(page) {
  const answer = (data) => (route) => route.fulfill({ json: { success: true, data, nextCursor: null } });
  await page.route("**/users/me/reservations*", answer([]));
  await page.route("**/users/me/balance", answer({ balance: 0 }));
  await page.route("**/users/me/balance/history*", answer([]));
}

// Signing out leaves nothing of the person in the browser.
async function signOut(fan) {
  const { page } = fan;
  await fan.go("/my");
  await fan.state("sign-in");
  await page.getByRole("button", { name: "Sign in" }).click();
  await fan.state("ready");
  await fan.look("my-signed-in");
  assert.ok(await fan.kept("place.1"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/");
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
}

export default async function ({ browser, url }) {
  const provider = await startProvider([50, 3600]); // the first one ends so soon that it is renewed at once
  const fan = await Fan.arrive(browser, url, { bypassCSP: true }); // the server of this test does not know the provider
  fan.allowed.push(provider.issuer);
  await asModeJwt(fan, provider);
  await fan.go("/wait/1");
  await fan.state("sign-in");
  await fan.look("wait-sign-in");
  await fan.page.getByRole("button", { name: "Sign in" }).click();
  await fan.state("turn");
  assert.equal(new URL(fan.page.url()).pathname, "/wait/1");
  assert.deepEqual(provider.seen.grants, ["authorization_code", "refresh_token"]);
  assert.deepEqual(joins, [{ proof: `Bearer ${provider.seen.idToken}`, body: { eventId: 1 } }]);

  await fan.go("/signed-in?code=the-code&state=made-up");
  await fan.says("This sign-in did not begin here.");
  await fan.look("signed-in-failed");
  assert.equal(provider.seen.grants.length, 2);

  await proofIsRefused(fan);
  await signOut(fan);
  await fan.leave();
  provider.stop();
}
