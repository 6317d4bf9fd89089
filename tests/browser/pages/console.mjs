// A sale run from the console: the rate changed while people wait, a pause with a text that fans read, house seats, find, release,
// reassign, refund, two operators at once, each control by role, and what is said when the numbers are old (R-U8, R-U9, R-O1, R-O2).
import { randomUUID } from "node:crypto";
import { Fan, Operator, assert, call, signInWithKey } from "./fan.mjs";

async function join(url, eventId) {
  const userId = randomUUID();
  const { token } = await call(url, "/queue", { method: "POST", body: { userId, eventId } });
  return { userId, headers: { "queue-token": token } };
}

async function hold(url, fan, eventId, dateId) {
  for (;;) {
    const { status } = await call(url, "/queue", { headers: fan.headers });
    if (status === "ACTIVATED") break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { seat } = await call(url, `/events/properties/${dateId}/seats?status=AVAILABLE`, { headers: fan.headers });
  return call(url, "/events/seats", { method: "POST", headers: fan.headers, body: { seatId: seat[0].id, userId: fan.userId } });
}

const tab = (staff, name) => staff.page.getByRole("navigation", { name: "Pages of the console" }).getByRole("link", { name }).click();
const button = (staff, name) => staff.page.getByRole("button", { name, exact: true });

// Who may do what: the buttons of the sale's page.
async function roles(browser, url, key) {
  const seen = {};
  for (const role of ["gate", "viewer", "operator", "owner"]) {
    const staff = await Fan.arrive(browser, url);
    await signInWithKey(staff, role === "owner" ? key : `${key}-${role}`);
    if (role === "gate") {
      await staff.state("rights");
      await staff.look("console-rights");
      await staff.leave();
      continue;
    }
    await staff.page.goto(`${url}/console#1/sale`);
    await staff.says("Revenue");
    const has = async (locator) => (await locator.count()) > 0;
    seen[role] = [await has(button(staff, "Apply")), await has(button(staff, "Pause…"))];
    await tab(staff, "Event and dates");
    await staff.says("Dates");
    seen[role].push(await has(button(staff, "Save")), await has(staff.page.getByRole("link", { name: "New event" })));
    await tab(staff, "Seats");
    await staff.page.locator("#map").waitFor();
    seen[role].push(await has(staff.page.getByRole("button", { name: /^Block/ })));
    await tab(staff, "Catalogue and keys");
    await staff.says("Import a catalogue");
    seen[role].push(await has(staff.page.locator("#file")), await has(staff.page.getByRole("heading", { name: "Operator keys" })));
    if (role === "viewer") await staff.look("console-viewer");
    await staff.leave();
  }
  const no = [false, false, false, false, false, false, false];
  assert.deepEqual(seen, { viewer: no, operator: [true, true, true, true, true, false, false], owner: no.map(() => true) });
}

async function queue(browser, url, staff, operator) {
  const { page } = staff;
  const fan = await Fan.arrive(browser, url);
  const inside = await join(url, 2);
  await fan.go("/wait/2");
  await fan.state("waiting", "near");
  await page.goto(`${url}/console#2/sale`);
  await page.getByLabel("At most inside").fill("2");
  await button(staff, "Apply").click();
  await staff.says("The new limits hold from now on.");
  await fan.state("turn"); // the rate was changed while the fan waited
  assert.equal((await operator.send("GET", "/admin/events/2")).queue.capacity, 2);

  await button(staff, "Pause…").click();
  await page.getByLabel("Text for fans").fill("Somebody lost a shoe.");
  await staff.look("console-pause");
  await button(staff, "Pause now").click();
  await staff.state("paused");
  await staff.look("console-paused");
  const waiting = await Fan.arrive(browser, url);
  await waiting.go("/wait/2");
  await waiting.state("paused");
  await waiting.says(/Somebody lost a shoe/);
  await button(staff, "Empty the room…").click();
  await button(staff, "Remove them").click();
  await staff.says(/people were removed/);
  await waiting.state("emptied");
  await button(staff, "Resume").click();
  await staff.state("on-sale");

  // Two operators at once: the second one's change stands beside what the first one types.
  await page.getByLabel("At most inside").fill("5");
  await operator.send("PATCH", "/admin/events/2/queue", { capacity: 7 });
  await staff.says("Somebody has changed this meanwhile: 7");
  await button(staff, "Undo").click();
  await page.waitForFunction(() => [...document.querySelectorAll("input")].some((input) => input.value === "7"));
  assert.ok(inside);
  await fan.leave();
  await waiting.leave();
}

async function seats(url, staff, operator) {
  const { page } = staff;
  const [first, second] = [await join(url, 1), await join(url, 1)];
  const held = await hold(url, first, 1, 1);
  const other = await hold(url, second, 1, 1);
  await call(url, `/users/${second.userId}/balance/charge`, { method: "PUT", headers: second.headers, body: { amount: 200_000 } });
  await call(url, `/events/reservations/${other.id}/pay`, { method: "PUT", headers: second.headers });

  await page.goto(`${url}/console#1/seats`);
  await page.locator("#map").waitFor();
  await page.getByLabel("Seats", { exact: true }).fill("10-12");
  await button(staff, "Choose").click();
  await staff.says("3 seats chosen");
  await staff.look("console-seats");
  await button(staff, "Block 3 for the house").click();
  await staff.says("3 seats are the house’s now.");
  const layout = await call(url, "/events/properties/1/layout");
  assert.equal((await call(url, `/seats/${layout.firstSeatId + 10}`)).status, "OCCUPIED");
  await page.getByLabel("Seats", { exact: true }).fill("11");
  await button(staff, "Choose").click();
  await button(staff, "Put 1 on sale").click();
  await staff.says("1 seat is on sale.");

  // The seat that is held: whose it is, and its release.
  await page.getByLabel("Seats", { exact: true }).fill(String(held.seatNumber));
  await button(staff, "Choose").click();
  await staff.says(`Reservation ${held.id}`);
  await button(staff, "Release…").click();
  await button(staff, "Release").click();
  await staff.says("Released. The seat is free.");

  await tab(staff, "Find");
  await page.getByLabel(/User id, reservation number/).fill("nothing");
  await button(staff, "Find").click();
  await staff.says("That is no user id");
  await page.getByLabel(/User id, reservation number/).fill(second.userId);
  await button(staff, "Find").click();
  await staff.says(`Reservation ${other.id}`);
  await staff.look("console-find");
  await button(staff, "Give to somebody else…").click();
  await page.getByLabel("User id", { exact: true }).fill(first.userId);
  await button(staff, "Give it").click();
  await staff.says("The seat belongs to the other user now.");
  const [given] = await call(url, `/users/${first.userId}/reservations?status=PAID`, { headers: first.headers });
  assert.equal(given.id, other.id);
  await button(staff, "Refund…").click();
  await button(staff, "Refund").click();
  await staff.says("Refunded.");
  assert.equal((await call(url, `/users/${second.userId}/balance`, { headers: second.headers })).balance, 200_000); // to who paid
  const log = await operator.send("GET", "/admin/log?limit=20");
  for (const action of ["reservation.refund", "reservation.reassign", "reservation.release"]) assert.ok(log.some((row) => row.action === action), action);
}

async function dates(staff, url) {
  const { page } = staff;
  await page.goto(`${url}/console#/new`);
  await page.getByLabel("Name", { exact: true }).fill("Spring Recital");
  await page.getByLabel(/^Sale opens/).fill("2030-01-01T10:00");
  await page.getByLabel(/^Sale closes/).fill("2030-06-01T10:00");
  await staff.look("console-new-event");
  await button(staff, "Make the event").click();
  await staff.says("Spring Recital is there.");
  await page.getByLabel("Price of Standard").fill("50000");
  await page.locator("form").filter({ hasText: "Another date" }).getByLabel(/^Begins/).fill("2030-06-02T19:00");
  await page.getByLabel("Layout").fill("");
  await button(staff, "Add the date").click();
  await staff.says("The date is there.");
  await staff.state("upcoming");
  await staff.look("console-event");
  await tab(staff, "Sale");
  await staff.says(/Sale opens in/);
  await staff.look("console-upcoming");
}

async function cancel(staff, url) {
  const { page } = staff;
  const buyer = await join(url, 7);
  const sold = await hold(url, buyer, 7, 7);
  await call(url, `/users/${buyer.userId}/balance/charge`, { method: "PUT", headers: buyer.headers, body: { amount: sold.price } });
  await call(url, `/events/reservations/${sold.id}/pay`, { method: "PUT", headers: buyer.headers });
  await page.goto(`${url}/console#7/event`);
  await page.getByRole("button", { name: /^Change / }).click();
  await button(staff, "Cancel this date…").click();
  await page.getByLabel("Reason, for fans").fill("The hall has no roof.");
  await staff.look("console-cancel");
  await button(staff, "Cancel the date").click();
  await page.locator('[data-cancelled="done"]').waitFor();
  await staff.says(/540 of 540 seats done, 1 refunded/);
  await staff.look("console-cancelled");
  assert.equal((await call(url, `/users/${buyer.userId}/balance`, { headers: buyer.headers })).balance, sold.price);
}

async function soldOut(staff, url) {
  const buyer = await join(url, 6);
  const sold = await hold(url, buyer, 6, 6);
  await call(url, `/users/${buyer.userId}/balance/charge`, { method: "PUT", headers: buyer.headers, body: { amount: sold.price } });
  await call(url, `/events/reservations/${sold.id}/pay`, { method: "PUT", headers: buyer.headers });
  await staff.page.goto(`${url}/console#6/sale`);
  await staff.state("sold-out");
  await staff.look("console-sold-out");
}

// The ticket of a scanner that types, and what is said of one that is revoked.
async function ticket(staff, url, operator) {
  const [buyer, heir] = [await join(url, 1), await join(url, 1)];
  const sold = await hold(url, buyer, 1, 1);
  await call(url, `/users/${buyer.userId}/balance/charge`, { method: "PUT", headers: buyer.headers, body: { amount: sold.price } });
  await call(url, `/events/reservations/${sold.id}/pay`, { method: "PUT", headers: buyer.headers });
  const { ticket: code, serial } = await call(url, `/events/reservations/${sold.id}/ticket`, { headers: buyer.headers });
  await tab(staff, "Find");
  await staff.page.getByLabel(/User id, reservation number/).fill(code);
  await button(staff, "Find").click();
  await staff.says(`Reservation ${sold.id}`);
  await staff.says(`Ticket ${serial}`);
  assert.equal(await staff.page.locator("[data-revoked]").count(), 0);
  await operator.send("POST", `/admin/reservations/${sold.id}/reassign`, { userId: heir.userId });
  await staff.page.getByLabel(/User id, reservation number/).fill(serial);
  await button(staff, "Find").click();
  await staff.page.locator("[data-revoked]").waitFor();
  await staff.look("console-ticket-revoked");
}

// The room of an event whose limits were changed while people waited.
async function fairness(staff, url) {
  const { page } = staff;
  await page.goto(`${url}/console#2/sale`);
  const answer = page.waitForResponse("**/admin/events/2/fairness");
  await button(staff, "Judge the room").click();
  await page.locator('[data-verdict="fair"]').waitFor();
  await staff.says("The queue’s limits were changed during the sale");
  await staff.says(/actions of operators on this event/);
  await staff.look("console-fair");
  await button(staff, "Judge it again").click();
  await staff.says(/That was too often/);
  const { data } = await (await answer).json();
  const judged = async (verdict, changes) => {
    await page.route("**/admin/events/2/fairness", (route) => route.fulfill({ json: { success: true, data: { ...data, fair: false, ...changes } } }));
    await button(staff, "Judge it again").click();
    await page.locator(`[data-verdict="${verdict}"]`).waitFor();
    await staff.look(`console-${verdict}`);
    await page.unroute("**/admin/events/2/fairness");
  };
  await judged("unsure", { intervalBreaches: 1 });
  await staff.says("1 person was let in faster than the rate allows");
  await judged("unfair", { inversions: 2, policyChanged: false, operators: [] });
  await staff.says("2 people were there all the time and were overtaken");
  await staff.says("Operators did nothing on this event.");
}

// What is said when there is no event, this instance is behind or cannot save, or the key is not accepted any more.
async function troubles(staff, url, operator) {
  const { page } = staff;
  const success = (data) => ({ json: { success: true, data } });
  await staff.context.setOffline(true);
  await staff.state("offline");
  await staff.look("console-offline");
  await staff.context.setOffline(false);
  await staff.state("sold-out");
  await page.route("**/admin/events", (route) => route.fulfill(success([])));
  await staff.state("no-event");
  await staff.look("console-no-event");
  await page.unroute("**/admin/events");
  const live = await operator.send("GET", "/admin/live");
  live.instance.behindMs = 4_000;
  await page.route("**/admin/live", (route) => route.fulfill(success(live)));
  await page.route("**/admin/live/stream", (route) => route.fulfill({ contentType: "text/event-stream", body: `event: live\ndata: ${JSON.stringify(live)}\n\n` }));
  await page.reload(); // the stream begins again
  await signInWithKey(staff, operator.headers.Authorization.slice("Bearer ".length));
  await staff.state("behind");
  await staff.look("console-behind");
  await page.unroute("**/admin/live");
  await page.unroute("**/admin/live/stream");
  await page.route("**/admin/**", (route) => route.fulfill({ status: 503, json: { success: false, code: "STORE_UNAVAILABLE", message: "away" } }));
  await staff.state("store-away");
  await staff.look("console-store-away");
  await page.unroute("**/admin/**");
  await page.route("**/admin/**", (route) => route.fulfill({ status: 401, json: { success: false, code: "ADMIN_KEY_INVALID", message: "no" } }));
  await staff.state("signed-out");
  await staff.says("The server does not accept your key any more.");
  await staff.look("console-signed-out");
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const staff = await Fan.arrive(browser, url, { viewport: { width: 1280, height: 900 } });
  await signInWithKey(staff, "a-key-that-nobody-has");
  await staff.says("The server does not know this key.");
  await signInWithKey(staff, key);
  assert.equal(await staff.page.evaluate((secret) => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]).includes(secret), key), false);
  await queue(browser, url, staff, operator);
  await seats(url, staff, operator);
  await ticket(staff, url, operator);
  await fairness(staff, url);
  await dates(staff, url);
  await cancel(staff, url);
  await roles(browser, url, key);
  await soldOut(staff, url);
  await troubles(staff, url, operator);
  await staff.leave();
}
