// More states of the seat map, of paying and of the tickets, each looked at by axe in both themes (R-U9). What would take long to come
// about is put into the server's answers on their way.
import { Fan, Operator, assert, call } from "./fan.mjs";

const JWT = { authMode: "jwt", chargeBy: "user", defaultEvent: null, oidc: { issuer: "http://127.0.0.1:9", clientId: "fans", scope: "openid" } };
const asJwt = (page) => page.route("**/client", (route) => route.fulfill({ json: { success: true, data: JWT } }));

async function seats(fan, operator) {
  const { page } = fan;
  await fan.go("/wait/7");
  await fan.state("turn");
  const release = await fan.holdingBack("**/events/7");
  await fan.go("/buy/7");
  await fan.says("Loading…");
  await fan.look("buy-loading");
  await release();
  await page.locator(".list").waitFor();

  // All seats of the first category are taken.
  await page.getByText("Section A").first().waitFor();
  await operator.send("POST", "/admin/dates/7/seats/block", { seatNumbers: Array.from({ length: 120 }, (_, i) => i + 1) });
  await fan.says("VIP is sold out at the moment.");
  await page.locator(".list", { hasNotText: "Section A" }).waitFor();
  await fan.look("buy-category-gone");

  await fan.context.setOffline(true);
  await page.locator("#offline").waitFor();
  await fan.look("buy-offline");
  await fan.context.setOffline(false);
  await page.route("**/seats/stream*", (route) => route.abort());
  await page.reload();
  await fan.says("The seat map cannot be updated at the moment.");
  await fan.look("buy-stale");
  await page.unroute("**/seats/stream*");

  const nearlyOver = (place) => ({ ...place, expiresAt: new Date(Date.now() + 50_000).toISOString() });
  await fan.changing("**/queue", nearlyOver);
  await page.reload();
  await page.locator(".turn.soon").waitFor();
  await fan.look("buy-turn-soon");
  await page.unroute("**/queue");
  await fan.changing("**/events/7", (event) => ({ ...event, dates: event.dates.map((date) => ({ ...date, bookable: false })) }));
  await page.reload();
  await fan.says("No date can be booked at the moment.");
  await fan.look("buy-no-date");
  await page.unroute("**/events/7");
  await asJwt(page);
  await page.reload();
  await fan.state("sign-in");
  await fan.look("buy-sign-in");
  await page.unroute("**/client");
}

async function paying(fan) {
  const { page } = fan;
  await fan.toSeats(1);
  await page.getByRole("radio", { name: "4" }).click();
  await page.locator("#find-best").click();
  await page.locator(".held li").nth(3).waitFor();
  await fan.look("buy-limit");
  await page.locator(".list").scrollIntoViewIfNeeded();
  await page.locator(".to-held").waitFor();
  await fan.look("buy-out-of-sight");
  await page.locator(".to-held").click();
  await page.locator(".to-held").waitFor({ state: "detached" });
  const charged = await fan.holdingBack("**/charge");
  const paid = await fan.holdingBack("**/pay");
  await page.locator("#pay").click();
  await page.getByRole("button", { name: "Topping up…" }).waitFor();
  await fan.look("buy-topping-up");
  await charged();
  await page.getByRole("button", { name: "Paying…" }).waitFor();
  await fan.look("buy-paying");
  await paid();
  await fan.state("paid");

  // One who has enough; the payment is refused.
  const other = await Fan.arrive(fan.browser, fan.url, { viewport: { width: 390, height: 844 } });
  await other.toSeats(1);
  const { userId } = await other.asFan(1, "/users/me");
  await other.asFan(1, `/users/${userId}/balance/charge`, "PUT", { amount: 500_000 });
  await other.page.reload();
  await other.page.locator("#find-best").click();
  await other.page.getByRole("button", { name: "Pay ₩220,000" }).waitFor();
  await other.look("buy-enough");
  await other.refusing("**/pay", 409, "WRONG_RESERVATION_STATUS");
  await other.page.locator("#pay").click();
  await other.says("These seats are not held for you any more.");
  await other.look("buy-refused");
  await tickets(other);
  await other.leave();
}

// Of a fan who holds two seats.
async function tickets(fan) {
  const { page } = fan;
  const path = "**/users/me/reservations*";
  const release = await fan.holdingBack(path);
  await fan.go("/my");
  await fan.says("Loading…");
  await fan.look("my-loading");
  await release();
  await fan.says("Held, not paid");
  await fan.look("my-held");
  await fan.context.setOffline(true);
  await page.locator("#offline").waitFor();
  await fan.look("my-offline");
  await fan.context.setOffline(false);
  await fan.changing(path, (all) => all.map((one) => ({ ...one, status: "PAID", eventDate: "2020-02-01T10:00:00.000Z" })));
  await page.reload();
  await page.locator(".ticket.void", { hasText: "Over" }).first().waitFor();
  await fan.look("my-over");
  await page.unroute(path);
  await fan.changing("**/client", (settings) => ({ ...settings, chargeBy: "operator" }));
  await page.reload();
  await fan.says("Your balance is topped up by the organiser.");
  await fan.look("my-operator");
  await page.unroute("**/client");
  await fan.refusing(path, 503, "OVERLOADED");
  await page.reload();
  await fan.says("Very many people are here at the moment.");
  await fan.look("my-refused");
  await page.unroute(path);
  await asJwt(page);
  await page.reload();
  await fan.state("sign-in");
  await fan.look("my-sign-in");
}

// Two dates chosen one after the other: the second one is shown, whichever answer comes first; what fails is said.
async function dates(fan) {
  const { page } = fan;
  const layout = page.waitForResponse("**/layout*");
  await fan.toSeats(2);
  assert.match((await layout).headers()["cache-control"], /immutable/); // asked for by its version (R-C9)
  const begun = [];
  const held = new Map();
  await page.route("**/layout*", async (route) => {
    const id = Number(/properties\/(\d+)/.exec(route.request().url())[1]);
    begun.push(id);
    await new Promise((resolve) => held.set(id, resolve));
    await route.continue().catch(() => undefined);
  });
  const choose = (id) => page.locator("#date").selectOption(String(id));
  const until = (id) => page.waitForFunction((wanted) => document.querySelector("#date")?.value === wanted && !!document.querySelector("#map"), String(id));
  await choose(20);
  await page.waitForTimeout(50);
  await choose(2);
  while (begun.length < 2) await page.waitForTimeout(20);
  held.get(2)();
  await until(2);
  held.get(20)();
  await page.waitForTimeout(300);
  await until(2);
  assert.match(page.url(), /date=2$/);
  await page.unroute("**/layout*");
  await fan.refusing("**/properties/20/layout*", 503, "OVERLOADED");
  await choose(20);
  await fan.says("Very many people are here at the moment.");
  await fan.look("buy-date-refused");
  await page.unroute("**/properties/20/layout*");
  await page.getByRole("button", { name: "Try again" }).click();
  await until(20);
  assert.equal(await page.locator("[data-notice]").count(), 0);
}

// A seat that was given back, and taken by somebody else before the answer came, is not shown as free (review: it was, for ever).
async function givenBack(fan, browser, url) {
  const EVENT = 9;
  const { page } = fan;
  const other = await Fan.arrive(browser, url);
  await other.toSeats(EVENT);
  await fan.toSeats(EVENT);
  await page.getByRole("radio", { name: "1" }).click();
  await page.locator("#find-best").click();
  await page.locator(".held li").waitFor();
  const [hold] = await fan.asFan(EVENT, "/users/me/reservations");
  const { userId } = await other.asFan(EVENT, "/users/me");
  const sum = (texts) => texts.reduce((all, text) => all + Number(/(\d+) free/.exec(text)[1]), 0);
  await page.route("**/events/reservations/*", async (route) => {
    const response = await route.fetch();
    await other.asFan(EVENT, "/events/seats", "POST", { seatId: hold.seatId, userId });
    await route.fulfill({ response });
  });
  await page.getByRole("button", { name: "Give the seats back" }).click();
  await fan.says("No seat yet.");
  await page.waitForTimeout(500); // for the stream, and for the list
  const { seatCount } = await call(url, `/events/${EVENT}`);
  assert.equal(sum(await page.locator(".list .section > button .muted").allInnerTexts()), seatCount, "seats that the list says are free");
  await other.leave();
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const phone = { viewport: { width: 390, height: 844 } };
  const [one, two, three] = await Promise.all([phone, phone, {}].map((options) => Fan.arrive(browser, url, options)));
  await Promise.all([seats(one, operator), paying(two), dates(three).then(() => givenBack(three, browser, url))]);
  for (const fan of [one, two, three]) await fan.leave();
}
