// A sale run from the console: the rate changed while people wait, a pause with a text that fans read, priority, house seats, find, release,
// reassign, refund, money, two operators at once, new events and dates, a draw's beacon, import and export, a cancelled date, and what is
// said when the numbers are old (R-U8, R-U9, R-O1, R-O2).
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { findTicket, judgeRoom } from "./console_reports.mjs";
import { Fan, Operator, assert, call, signInWithKey } from "./fan.mjs";
import { balanceOf, buy, hold, join } from "./visitor.mjs";

const tab = (staff, name) => staff.page.getByRole("navigation", { name: "Pages of the console" }).getByRole("link", { name, exact: true }).click();
const button = (staff, name) => staff.page.getByRole("button", { name, exact: true });
const open = (staff, page) => staff.page.goto(`${staff.url}/console#${page}`);

async function queue(browser, url, staff, operator) {
  const { page } = staff;
  const fan = await Fan.arrive(browser, url);
  await join(url, 2); // is inside
  await fan.go("/wait/2");
  await fan.state("waiting", "near");
  await open(staff, "2/sale");
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
  await staff.says("3 people were removed.");
  await waiting.state("emptied");
  await button(staff, "Resume").click();
  await staff.state("on-sale");

  const user = randomUUID();
  await button(staff, "Priority line").click();
  await page.getByLabel("User ids, one a line").fill(user);
  await button(staff, "Add").click();
  await staff.says("1 user was added.");
  await button(staff, `Remove ${user}`).click();
  await staff.says("Removed. The user waits on in the line.");
  assert.deepEqual((await operator.send("GET", "/admin/events/2/queue/priority")).userIds, []);
  await fan.leave();
  await waiting.leave();
}

// What the second one applies stands beside what the first one types; who comes too late with a refund is told.
async function twoOperators(browser, url, key, staff, operator) {
  const other = await Fan.arrive(browser, url);
  await signInWithKey(other, `${key}-operator`);
  const buyer = await join(url, 1);
  const { id } = await buy(url, buyer, 1);
  await other.state("on-sale");
  await open(other, "2/sale");
  await open(staff, "2/sale");
  await staff.page.getByLabel("At most inside").fill("5");
  await other.page.getByLabel("At most inside").fill("7");
  await button(other, "Apply").click();
  await staff.says("Somebody has changed this meanwhile: 7");
  await button(staff, "Undo").click();
  assert.equal(await staff.page.getByLabel("At most inside").inputValue(), "7");

  for (const one of [staff, other]) {
    await tab(one, "Find");
    await one.page.getByLabel(/User id, reservation number/).fill(String(id));
    await button(one, "Find").click();
    await button(one, "Refund…").click();
  }
  await Promise.all([staff, other].map((one) => button(one, "Refund").click()));
  await Promise.all([staff, other].map((one) => one.page.locator("[data-notice]").waitFor()));
  const said = await Promise.all([staff, other].map((one) => one.page.locator("[data-notice] p").innerText()));
  assert.equal(said.filter((text) => text === "Refunded.").length, 1, said.join(" / "));
  assert.equal(await balanceOf(url, buyer), 110_000);
  const who = (await operator.send("GET", "/admin/log?limit=50")).find((row) => row.action === "queue.change");
  assert.equal(who.operatorName, "operator");
  await other.leave();
}

async function seats(url, staff, operator) {
  const { page } = staff;
  const [first, second] = [await join(url, 1), await join(url, 1)];
  const held = await hold(url, first, 1);
  const other = await buy(url, second, 1);

  await open(staff, "1/seats");
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
  assert.equal(await balanceOf(url, second), 110_000); // to who paid
  const log = await operator.send("GET", "/admin/log?limit=20");
  for (const action of ["reservation.refund", "reservation.reassign", "reservation.release"]) assert.ok(log.some((row) => row.action === action), action);
  await money(url, staff, second);
}

async function money(url, staff, user) {
  await button(staff, "Charge the balance…").click();
  await staff.page.getByLabel("Amount in won").fill("5000");
  await button(staff, "Charge").click();
  await staff.says("₩5,000 added, balance ₩115,000.");
  await button(staff, "End all tokens…").click();
  await button(staff, "End them").click();
  await staff.says("The tokens are ended.");
  await assert.rejects(balanceOf(url, user), /401/);
}

// A form of the page "Event and dates" or "New event".
async function makeEvent(staff, { name, opens, fill = async () => undefined }) {
  const { page } = staff;
  await open(staff, "/new");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel(/^Sale opens/).fill(opens);
  await page.getByLabel(/^Sale closes/).fill("2096-06-01T10:00");
  await fill(page);
  if (name === "Spring Recital") await staff.look("console-new-event");
  await button(staff, "Make the event").click();
  await staff.says(`${name} is there.`);
}

async function dates(staff, operator) {
  const { page } = staff;
  await makeEvent(staff, { name: "Spring Recital", opens: "2030-01-01T10:00" });
  await page.getByLabel("Price of Standard").fill("50000");
  await page.locator("form").filter({ hasText: "Another date" }).getByLabel(/^Begins/).fill("2096-06-02T19:00");
  await page.getByLabel("Layout").fill("");
  await button(staff, "Add the date").click();
  await staff.says("The date is there.");
  await staff.state("upcoming");
  await staff.look("console-event");
  await page.getByRole("button", { name: /^Change / }).click();
  await button(staff, "Move it to another time…").click();
  await page.getByRole("group", { name: "Move it" }).getByLabel(/^Begins/).fill("2096-06-03T20:00");
  await button(staff, "Move it").click();
  await staff.says("The date has its new time.");
  await staff.says(/3 Jun 2096, 20:00/);
  const made = (await operator.send("GET", "/admin/events")).find(({ name }) => name === "Spring Recital");
  assert.equal(Date.parse(made.dates[0].starts_at), Date.parse("2096-06-03T20:00:00+09:00"));
  await tab(staff, "Sale");
  await staff.says(/Sale opens in/);
  await staff.look("console-upcoming");
}

// The opening has passed, and the order waits for the value of a public source.
async function beacon(url, staff, operator) {
  const { id } = await operator.send("POST", "/admin/events", {
    name: "Drawn Night",
    on_sale: { from: new Date(Date.now() + 1_500).toISOString(), until: "2096-01-01T00:00:00Z" },
    queue: { order: "draw", beacon: "lottery of the day", gather_from: "2020-01-01T00:00:00Z", poll_min: "0s" },
    dates: [{ starts_at: "2096-02-01T10:00:00Z", prices: { Standard: 1_000 } }],
  });
  await join(url, id);
  await open(staff, `${id}/sale`);
  await button(staff, "Give the beacon…").click();
  await staff.says("The order is drawn with the value of: lottery of the day");
  await staff.page.getByLabel("Value").fill("4 8 15 16 23 42");
  await button(staff, "Draw").click();
  await staff.says("Drawn.");
  assert.equal((await call(url, `/queue/draw/${id}`)).beacon, "4 8 15 16 23 42");
}

// The file is looked at before it is imported; the export has what was imported, and the reservations of the event.
async function catalogue(staff) {
  const { page } = staff;
  const file = { name: "more.yaml", mimeType: "application/yaml", buffer: Buffer.from("events:\n  - name: Imported Night\n    id: 90\n    on_sale: {from: 2030-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}\n    dates: []\n") };
  await open(staff, "1/server");
  await page.getByLabel("File").setInputFiles(file);
  await button(staff, "What would change?").click();
  await staff.says("1 added");
  await staff.look("console-import");
  await button(staff, "Import").click();
  await staff.says("Imported.");
  const saved = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), button(staff, name).click()]);
    return readFile(await download.path(), "utf8");
  };
  assert.ok(JSON.parse(await saved("Catalogue (JSON)")).events.some(({ name }) => name === "Imported Night"));
  assert.match(await saved("Reservations of Winter Club Night (CSV)"), /\n\d+,/);
  await tab(staff, "Log");
  assert.match(await saved("Save what is shown as CSV"), /catalogue\.import/);
}

async function cancel(staff, url) {
  const { page } = staff;
  const buyer = await join(url, 7);
  const sold = await buy(url, buyer, 7);
  await open(staff, "7/event");
  await page.getByRole("button", { name: /^Change / }).click();
  await button(staff, "Cancel this date…").click();
  await page.getByLabel("Reason, for fans").fill("The hall has no roof.");
  await staff.look("console-cancel");
  await button(staff, "Cancel the date").click();
  await page.locator('[data-cancelled="done"]').waitFor();
  await staff.says(/540 of 540 seats done, 1 refunded/);
  await staff.look("console-cancelled");
  assert.equal(await balanceOf(url, buyer), sold.price);
}

async function soldOut(staff, url) {
  await buy(url, await join(url, 6), 6);
  await open(staff, "6/sale");
  await staff.state("sold-out");
  await staff.look("console-sold-out");
}

// What is said when there is no event, this instance is behind, the numbers are old, or the key is not accepted any more.
async function troubles(staff, operator, key) {
  const { page } = staff;
  const success = (data) => ({ json: { success: true, data } });
  await page.route("**/admin/events", (route) => route.fulfill(success([])));
  await staff.state("no-event");
  await staff.look("console-no-event");
  await page.unroute("**/admin/events");
  const live = await operator.send("GET", "/admin/live");
  live.instance.behindMs = 4_000;
  const frame = { contentType: "text/event-stream", body: `event: live\ndata: ${JSON.stringify(live)}\n\n` };
  await page.route("**/admin/live", (route) => route.fulfill(success(live)));
  await page.route("**/admin/live/stream", (route) => route.fulfill(frame));
  await page.reload(); // the stream begins again
  await signInWithKey(staff, key);
  await staff.state("behind");
  await staff.look("console-behind");
  await page.unroute("**/admin/live");
  await page.unroute("**/admin/live/stream");
  const letGo = await staff.holdingBack("**/admin/live*");
  const letStreamGo = await staff.holdingBack("**/admin/live/stream");
  await staff.state("late");
  await staff.look("console-late");
  await letGo();
  await letStreamGo();
  await page.route("**/admin/**", (route) => route.fulfill({ status: 401, json: { success: false, code: "ADMIN_KEY_INVALID", message: "no" } }));
  await staff.state("signed-out");
  await staff.says("The server does not accept your key any more.");
  await staff.look("console-signed-out");
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const staff = await Fan.arrive(browser, url);
  await signInWithKey(staff, "a-key-that-nobody-has");
  await staff.says("The server does not know this key.");
  await signInWithKey(staff, key);
  await staff.state("on-sale");
  assert.equal(await staff.page.evaluate((secret) => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]).includes(secret), key), false);
  await queue(browser, url, staff, operator);
  await twoOperators(browser, url, key, staff, operator);
  await seats(url, staff, operator);
  await findTicket(staff, url, operator);
  await judgeRoom(staff, url);
  await dates(staff, operator);
  await beacon(url, staff, operator);
  await catalogue(staff);
  await cancel(staff, url);
  await soldOut(staff, url);
  await troubles(staff, operator, key);
  await staff.leave();
}
