// Sign-in with OpenID Connect (R-U12) at a real provider: deploy/identity, with nginx before the server and before oidc-provider. The pages
// keep their content security policy. The last part puts answers in between that a real provider does not give.
import { Fan, Operator, assert, call, tapSeat } from "./fan.mjs";

const PRICE = 1000;
const SOON_MS = 30_000; // an ID token that ends within a minute is renewed
const RENEW_MS = 31_000; // the waiting page looks at its ID token every half minute

const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url"));

// A fan who may go to the provider; with what it is asked, and the proofs that the server is sent with changes.
async function arrive(browser, url, login) {
  const fan = await Fan.arrive(browser, url);
  fan.allowed.push(login);
  Object.assign(fan, { asked: [], grants: [], forms: 0, begun: null, proofs: [] });
  fan.page.on("request", (request) => {
    const at = new URL(request.url());
    if (at.origin === url && request.method() === "POST") fan.proofs.push(request.headers().authorization);
    if (at.origin !== login) return;
    fan.asked.push(at.pathname);
    if (at.pathname === "/auth") fan.begun = Object.fromEntries(at.searchParams);
    if (at.pathname === "/token") fan.grants.push(new URLSearchParams(request.postData()).get("grant_type"));
    if (at.pathname.startsWith("/interaction/") && request.method() === "GET") fan.forms += 1;
  });
  return fan;
}

const signInButton = (fan) => fan.page.getByRole("button", { name: "Sign in" });

// From a page that asks for it to the provider's form, and back.
async function signIn(fan, login, name) {
  await signInButton(fan).click();
  await fan.page.waitForURL((at) => at.origin === login);
  await fan.page.getByLabel("Name").fill(name);
  await signInButton(fan).click();
}

const changeTokens = (fan, fields) =>
  fan.page.evaluate((changed) => {
    const tokens = JSON.parse(localStorage.getItem("stagedoor.id"));
    localStorage.setItem("stagedoor.id", JSON.stringify({ ...tokens, ...changed }));
  }, fields);

export default async function ({ browser, url, key, more: [login, server] }) {
  const operator = new Operator(server, key); // nginx closes /admin
  await buysAndRenews(browser, url, login, operator);
  await signsInAgainBeforeTheTurn(browser, url, login, operator);
  await believesNoOtherAnswers(browser, url, login);
}

// Code with PKCE, the ID token as proof, renewed with the refresh token; and signed in again when that does not count any more.
async function buysAndRenews(browser, url, login, operator) {
  const kim = await arrive(browser, url, login);
  const { "content-security-policy": policy } = (await kim.go("/wait/1")).headers();
  assert.ok(policy.includes(`connect-src 'self' ${login};`), policy);
  await kim.state("sign-in");
  await kim.looksGood("wait-sign-in");
  await signIn(kim, login, "kim");
  await kim.state("turn");
  assert.equal(new URL(kim.page.url()).pathname, "/wait/1");
  assert.deepEqual(kim.grants, ["authorization_code"]);
  assert.deepEqual([kim.begun.response_type, kim.begun.code_challenge_method], ["code", "S256"]);
  const first = await kim.kept("id");
  const { iss, aud, sub } = claimsOf(first.idToken);
  assert.deepEqual([iss, aud, sub], [login, "tickets", "kim"]);
  assert.deepEqual(kim.proofs, [`Bearer ${first.idToken}`]); // of the join

  await kim.chooseSeats();
  await kim.page.locator(".list").waitFor();
  await changeTokens(kim, { expiresAt: Date.now() + SOON_MS });
  await tapSeat(kim, 1, 12);
  await kim.says("Seat 13");
  const renewed = await kim.kept("id");
  assert.deepEqual(kim.grants, ["authorization_code", "refresh_token"]);
  assert.notEqual(renewed.refreshToken, first.refreshToken); // good for one use
  assert.equal(kim.proofs.at(-1), `Bearer ${renewed.idToken}`);
  assert.notEqual(renewed.idToken, first.idToken);

  await kim.says(/Your balance is topped up by the organiser/);
  const { userId } = await call(url, "/users/me", { headers: { Authorization: `Bearer ${renewed.idToken}` } });
  await operator.send("POST", `/admin/users/${userId}/balance/charge`, { amount: PRICE });
  await kim.page.reload();
  await kim.page.locator("#pay").click();
  await kim.state("paid");

  await changeTokens(kim, { expiresAt: Date.now() + SOON_MS, refreshToken: "used-before" });
  await kim.go("/my");
  await kim.says("Your tickets and balance belong to your account.");
  assert.equal(await kim.kept("id"), null);
  await signIn(kim, login, "kim");
  await kim.page.getByRole("article").getByText("Club Night").waitFor();
  assert.deepEqual(kim.grants, ["authorization_code", "refresh_token", "refresh_token", "authorization_code"]);
  await kim.leave();
}

// Without refresh tokens: the fan signs in anew while they wait, and keeps their place. The provider knows them, so there is no form.
async function signsInAgainBeforeTheTurn(browser, url, login, operator) {
  await operator.send("POST", "/admin/events/1/queue/pause", { text: "The doors open soon." });
  const lee = await arrive(browser, url, login);
  await lee.page.route("**/client", async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    answer.data.oidc.scope = "openid";
    await route.fulfill({ response, json: answer });
  });
  await lee.page.clock.install();
  await lee.go("/wait/1");
  await lee.state("sign-in");
  await signIn(lee, login, "lee");
  await lee.state("paused");
  assert.equal((await lee.kept("id")).refreshToken, null);
  const before = await lee.asFan(1, "/queue");

  await changeTokens(lee, { expiresAt: Date.now() });
  await lee.page.clock.fastForward(RENEW_MS);
  await lee.says(/Your sign-in ends before your turn may come/);
  await lee.looksGood("wait-sign-in-again");
  assert.equal((await lee.asFan(1, "/queue")).status, "CREATED"); // waiting needs no proof
  const exchanged = lee.page.waitForResponse(`${login}/token`);
  await signInButton(lee).click();
  await exchanged;
  await lee.page.waitForURL((at) => at.pathname === "/wait/1");
  await lee.state("paused");
  assert.deepEqual([lee.grants, lee.forms], [["authorization_code", "authorization_code"], 1]);
  assert.equal((await lee.asFan(1, "/queue")).issuedAt, before.issuedAt);
  await operator.send("POST", "/admin/events/1/queue/resume");
  await lee.state("turn");
  await lee.leave();
}

async function believesNoOtherAnswers(browser, url, login) {
  const eve = await arrive(browser, url, login);
  const configuration = `${login}/.well-known/openid-configuration`;
  await eve.page.route(configuration, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), issuer: "https://other.example" } });
  });
  await eve.go("/my");
  await eve.says("Your tickets and balance belong to your account.");
  await signInButton(eve).click();
  await eve.says(/The provider's configuration is of https:\/\/other\.example/);
  assert.deepEqual(eve.asked, ["/.well-known/openid-configuration"]);
  await eve.page.unroute(configuration);

  await eve.page.route(`${login}/token`, async (route) => {
    const response = await route.fetch();
    const tokens = await response.json();
    const [head, , signature] = tokens.id_token.split(".");
    const claims = Buffer.from(JSON.stringify({ ...claimsOf(tokens.id_token), nonce: "of-another-sign-in" })).toString("base64url");
    await route.fulfill({ response, json: { ...tokens, id_token: `${head}.${claims}.${signature}` } });
  });
  await signIn(eve, login, "eve");
  await eve.says("The ID token is of another sign-in.");
  assert.equal(await eve.kept("id"), null);
  assert.deepEqual(eve.grants, ["authorization_code"]);

  await eve.go("/signed-in?code=the-code&state=made-up");
  await eve.says("This sign-in did not begin here.");
  await eve.go("/my");
  await signInButton(eve).click();
  await eve.page.waitForURL((at) => at.origin === login);
  await eve.go(`/signed-in?error=access_denied&error_description=Not+today&state=${eve.begun.state}`);
  await eve.says("Not today");
  assert.equal(await eve.kept("id"), null);
  assert.deepEqual(eve.grants, ["authorization_code"]);
  await eve.leave();
}
