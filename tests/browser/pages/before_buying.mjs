// The states of the events, of an event, of the waiting page and of the draw that no other scenario stops at, each looked at by axe in
// both themes (R-U9). What would take long to come about is put into the server's answers on their way.
import { Fan, Operator } from "./fan.mjs";

const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();

async function events(fan) {
  const { page } = fan;
  const release = await fan.holdingBack("**/events");
  await fan.go("/");
  await fan.says("Loading…");
  await fan.look("events-loading");
  await release();
  await page.locator(".card").first().waitFor();
  await page.getByLabel(/Search/).fill("nobody");
  await fan.says("No event matches.");
  await fan.look("events-no-match");
  await fan.context.setOffline(true);
  await page.locator("#offline").waitFor();
  await fan.look("events-offline");
  await fan.context.setOffline(false);

  const each = [{ status: "UPCOMING" }, { status: "ON_SALE", seatCount: 5 }, { status: "ON_SALE", seatCount: 0 }, { status: "SOLD_OUT" }, { status: "CLOSED" }];
  await fan.changing("**/events", (all) => each.map((state, i) => ({ ...all[i], ...state })));
  await fan.go("/");
  for (const text of ["Sale opens in", "On sale", "Only held seats left", "Sold out", "Closed"]) await page.locator(".badge", { hasText: text }).waitFor();
  await fan.look("events-each");
  await page.unroute("**/events");
  await fan.changing("**/events", () => []);
  await page.reload();
  await fan.says("No event is announced yet.");
  await fan.look("events-empty");
  await page.unroute("**/events");
  await fan.refusing("**/events", 503, "OVERLOADED");
  await page.reload();
  await fan.says("Very many people are here at the moment.");
  await fan.look("events-refused");
  await page.unroute("**/events");
}

async function event(fan, operator) {
  const { page } = fan;
  const path = "**/events/1";
  const release = await fan.holdingBack(path);
  await fan.go("/e/1");
  await fan.says("Loading…");
  await fan.look("event-loading");
  await release();
  await fan.says("Take a place in line");
  await fan.context.setOffline(true);
  await page.locator("#offline").waitFor();
  await fan.look("event-offline");
  await fan.context.setOffline(false);
  const states = {
    held: [{ status: "ON_SALE", seatCount: 0, heldSeats: 2 }, "All seats are held."],
    closed: [{ status: "CLOSED" }, "The sale is closed."],
    "no-dates": [{ dates: [] }, "No date is announced yet."],
  };
  for (const [name, [change, text]] of Object.entries(states)) {
    await fan.changing(path, (data) => ({ ...data, ...change }));
    await page.reload();
    await fan.says(text);
    await fan.look(`event-${name}`);
    await page.unroute(path);
  }
  await fan.refusing(path, 503, "OVERLOADED");
  await page.reload();
  await fan.says("Very many people are here at the moment.");
  await fan.look("event-refused");
  await page.unroute(path);
  await fan.go("/e/99");
  await fan.says("There is no such event.");
  await fan.look("event-no-event");
  await fan.go("/e/4");
  await fan.says("You can gather now");
  await fan.look("event-gathering");

  // Somebody who has a place already, in a line that is paused.
  await operator.send("POST", "/admin/events/1/queue/pause", { text: "Soon." });
  await fan.go("/wait/1");
  await fan.state("paused");
  await fan.go("/e/1");
  await fan.says("Back to your place in line");
  await fan.says("Paused at the moment");
  await fan.look("event-in-line");
  await operator.send("POST", "/admin/events/1/queue/resume");
  await fan.go("/wait/1");
  await fan.state("turn");
  await fan.go("/e/1");
  await fan.says("It is your turn: choose seats");
  await fan.look("event-turn");
}

async function waiting(fan) {
  const { page } = fan;
  const release = await fan.holdingBack("**/queue", "POST");
  await fan.go("/wait/2");
  await fan.state("joining");
  await fan.look("wait-joining");
  await release();
  await fan.state("turn");
  const stock = { seatsLeft: 0, categories: [{ name: "VIP", price: 198_000, seatsLeft: 0 }] };
  const band = { position: 1240, behind: 3210, admittedLastMinute: 180, estimatedWaitSeconds: 700, estimatedWaitLow: 500, estimatedWaitHigh: 900 };
  const inLine = { status: "CREATED", activatedAt: null, expiresAt: null };
  const states = {
    waiting: { ...inLine, ...band },
    near: { ...inLine, ...band, position: 40, estimatedWaitSeconds: 30, estimatedWaitLow: 20, estimatedWaitHigh: 50 },
    "sold-out": { ...inLine, ...band, soldOut: true, stock },
    "turn-over": { status: "EXPIRED", reason: "TURN_OVER" },
  };
  for (const [state, changes] of Object.entries(states)) {
    await fan.hears(2, changes);
    await fan.state(state);
    await page.locator("#event", { hasText: "Three Evenings" }).waitFor();
    await fan.look(`wait-${state}`);
  }
  await page.unroute("**/queue/stream");

  // The order has been drawn.
  await fan.go("/wait/4");
  await fan.state("gathering");
  await fan.changing("**/queue/draw/4", (draw) => ({ ...draw, drawnAt: soon(-60) }));
  await fan.hears(4, { ...inLine, ...band });
  await fan.says(/The order was drawn by lot at/);
  await fan.state("waiting");
  await fan.look("wait-drawn");
  await page.unroute("**/queue/draw/4");
  await page.unroute("**/queue/stream");
}

// Nothing but the page's clock moves here.
async function away(browser, url) {
  const first = await Fan.arrive(browser, url);
  await first.go("/wait/6");
  await first.state("turn");
  const fan = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  const { page } = fan;
  await page.clock.install();
  await fan.go("/wait/6");
  await fan.state("waiting", "near");
  await page.getByRole("button", { name: "Tell me with a sound and a notification" }).click();
  await fan.says(/You will be told with a sound/);
  await fan.look("wait-told");
  await page.route("**/queue/public/*", (route) => route.abort()); // its answer would say that the server's clock has not moved
  await fan.context.setOffline(true);
  await page.locator("#contact.lost").waitFor();
  await page.clock.fastForward("02:00");
  await fan.context.setOffline(false);
  await page.locator("#alert", { hasText: "You are connected again." }).waitFor();
  await fan.look("wait-back");

  // The proof will not live until the turn.
  await page.route("**/client", (route) => route.fulfill({ json: { success: true, data: JWT } }));
  await page.reload();
  await fan.state("waiting", "near");
  await page.clock.fastForward("00:31");
  await page.locator("#alert", { hasText: "Your sign-in ends before your turn may come" }).waitFor();
  await fan.look("wait-renew");
  await first.leave();
  await fan.leave();
}
const JWT = { authMode: "jwt", chargeBy: "user", defaultEvent: null, oidc: { issuer: "http://127.0.0.1:9", clientId: "fans", scope: "openid" } };

async function refusals(fan) {
  const { page } = fan;
  await fan.refusing("**/queue", 403, "NOT_ELIGIBLE", "POST");
  await fan.go("/wait/7");
  await fan.state("refused");
  await fan.look("wait-refused");
  await page.unroute("**/queue");
  await fan.go("/draw/4");
  await fan.says("The draw is at");
  await fan.look("draw-before");
  await fan.go("/draw/1");
  await fan.says("This event has no draw.");
  await fan.look("draw-none");
  const release = await fan.holdingBack("**/client");
  await fan.go("/signed-in?code=x&state=y");
  await fan.says("Signing you in");
  await fan.look("signed-in-working");
  await release();
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const phone = { viewport: { width: 390, height: 844 } };
  const [one, two] = await Promise.all([Fan.arrive(browser, url, phone), Fan.arrive(browser, url, phone)]);
  await Promise.all([events(one).then(() => event(one, operator)), waiting(two).then(() => refusals(two)), away(browser, url)]);
  await one.leave();
  await two.leave();
}
