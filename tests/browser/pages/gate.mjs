// From the ticket in the fan's pages to the door: good, used already, another date, forged; without network and after a reload; two gates
// that let the same ticket in; a scan taken back; tickets that were refunded, given away or carried over to another date (R-P7, R-P9, R-U7).
import { randomUUID } from "node:crypto";
import { counts, openGate, scan, syncAndGoOffline } from "./door.mjs";
import { Fan, Operator, assert, call, signInWithKey, tapSeat } from "./fan.mjs";
import { buy, join, openMy } from "./visitor.mjs";

const button = (fan, name) => fan.page.getByRole("button", { name, exact: true });
const ticketOf = (url, visitor, { id }) => call(url, `/events/reservations/${id}/ticket`, { headers: visitor.headers });
const forged = ({ ticket }) => `${ticket.slice(0, 100)}${ticket[100] === "A" ? "B" : "A"}${ticket.slice(101)}`;

async function buyTwo(browser, url) {
  const fan = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  await fan.toSeats(1);
  await fan.page.getByRole("button", { name: "Whole hall" }).click();
  for (const seat of [3, 4]) {
    await tapSeat(fan, 1, seat);
    await fan.page.locator(".held").getByText(`Seat ${seat + 1}`, { exact: true }).waitFor();
  }
  await fan.page.locator("#pay").click();
  await fan.state("paid");
  await fan.page.locator("[data-code] svg").nth(1).waitFor();
  await fan.look("buy-paid");
  await fan.go("/my");
  await fan.page.locator("[data-code] svg").nth(1).waitFor();
  await fan.look("my-tickets");
  await fan.page.emulateMedia({ media: "print" });
  assert.equal(await fan.page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)"); // in the dark theme, too
  await fan.picture("my-tickets-print");
  await fan.page.emulateMedia({ media: "screen" });
  const paid = await fan.asFan(1, "/users/me/reservations?status=PAID");
  const tickets = await Promise.all(paid.map(({ id }) => fan.asFan(1, `/events/reservations/${id}/ticket`)));
  return { fan, paid, tickets };
}

async function withNetwork(gate, other, fan, [first, second], otherDate) {
  await gate.look("gate-ready");
  await scan(gate, first.ticket, "good");
  await gate.says(/^Seat [45]$/);
  await gate.look("gate-good");
  await scan(gate, first.ticket, "used");
  await gate.look("gate-used");
  await scan(other, first.ticket, "used"); // the other gate has asked the server
  await scan(gate, forged(second), "unknown");
  await scan(gate, "ff00 ff00 ff00 ff00", "unknown");
  await scan(gate, "hello", "unknown");
  await gate.look("gate-unknown");
  await scan(gate, otherDate.ticket, "other-date");
  await gate.says(/It is for Three Evenings in the Hall/);
  await gate.look("gate-other-date");
  await counts(gate, [1, 5, 0]);
  await fan.go("/my");
  await fan.page.getByText(/^Used /).first().waitFor();
}

// Both gates let the second ticket in; it is told when they sync. A reload loses nothing but the key.
async function withoutNetwork(gate, other, second, key) {
  await Promise.all([gate, other].map((one) => one.context.setOffline(true)));
  await scan(gate, "ff00 ff00 ff00 ff00", "unsure");
  await gate.look("gate-unsure");
  await scan(gate, forged(second), "unknown");
  await scan(gate, second.ticket, "good");
  await gate.look("gate-offline");
  await scan(gate, second.ticket, "used");
  await scan(gate, second.serial, "used");
  await scan(other, second.ticket, "good");
  await counts(gate, [2, 9, 1]);
  await gate.page.reload();
  await gate.state("choose");
  await gate.page.getByRole("button", { name: /Winter Club Night/ }).click();
  await gate.page.locator("#code:focus").waitFor();
  await scan(gate, second.ticket, "used");
  await gate.context.setOffline(false);
  await gate.page.getByRole("button", { name: "Sign in" }).first().click();
  await gate.page.getByLabel("Operator key").fill(`${key}-gate`);
  await gate.page.locator("form.sign-in button").click();
  await gate.page.waitForFunction(() => document.getElementById("count-unsent")?.innerText === "0");
  await other.context.setOffline(false);
  await other.page.locator("#wrong").waitFor({ timeout: 20_000 });
  await other.says(/used before/);
  await other.look("gate-wrong");
  assert.equal(await gate.page.locator("#wrong").count(), 0);
}

// A gate that has synced since refuses what was refunded, given to somebody else, or carried over, without asking anybody.
async function revoked(browser, url, gate, operator, { paid, tickets }) {
  const owner = await join(url, 1);
  const given = await buy(url, owner, 1);
  const old = await ticketOf(url, owner, given);
  await gate.page.getByRole("button", { name: /^Take back/ }).first().click(); // a used ticket is not refunded
  await gate.says("taken back");
  await gate.page.waitForFunction(() => document.getElementById("count-unsent").innerText === "0");
  await operator.send("POST", `/admin/reservations/${paid[1].id}/refund`);
  await operator.send("POST", `/admin/reservations/${given.id}/reassign`, { userId: randomUUID() });
  await scan(gate, tickets[1].ticket, "revoked"); // says the server
  await syncAndGoOffline(gate);
  await scan(gate, old.ticket, "revoked"); // says the gate
  await scan(gate, tickets[1].serial, "revoked");
  await gate.look("gate-revoked");
  await gate.context.setOffline(false);
}

async function carriedOver(browser, url, key, operator, { traveller, bought, ticket }) {
  const gate = await openGate(browser, url, `${key}-gate`, /Three Evenings.* 7 Mar/);
  await operator.send("POST", "/admin/dates/2/cancel", { reason: "The singer is hoarse.", carry_to: 20 });
  while (!(await operator.send("GET", "/admin/dates/2")).cancelled.finished_at) await new Promise((resolve) => setTimeout(resolve, 20));
  await syncAndGoOffline(gate);
  await scan(gate, ticket.ticket, "revoked");
  const next = await openGate(browser, url, `${key}-gate`, /Three Evenings.* 8 Mar/);
  await scan(next, ticket.ticket, "other-date");
  const [carried] = await call(url, `/users/${traveller.userId}/reservations?status=PAID`, { headers: traveller.headers });
  assert.equal(carried.seatNumber, (await call(url, `/events/reservations/${bought.id}`, { headers: traveller.headers })).seatNumber);
  await scan(next, (await ticketOf(url, traveller, carried)).ticket, "good");
  await next.says(/^Section A, row 1, seat 1$/);
  const fan = await openMy(browser, url, 2, traveller);
  await fan.says(/The singer is hoarse/);
  await fan.says(/The seat was carried over to Thu, 8 Mar 2096/);
  await fan.look("my-carried-over");
  for (const one of [gate, next, fan]) await one.leave();
}

async function noCamera(gate) {
  await button(gate, "Read with the camera").click();
  await gate.page.locator('[data-camera="refused"]').waitFor();
  await gate.look("gate-camera-refused");
}

async function viewer(browser, url, key) {
  const staff = await Fan.arrive(browser, url);
  await staff.go("/gate");
  await staff.state("signed-out");
  await staff.look("gate-signed-out");
  await signInWithKey(staff, `${key}-viewer`, "/gate");
  await staff.says("Your key may look, but checks no tickets in.");
  await staff.look("gate-viewer");
  await staff.leave();
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const bought = await buyTwo(browser, url);
  const traveller = await join(url, 2);
  const journey = { traveller, bought: await buy(url, traveller, 2) };
  journey.ticket = await ticketOf(url, traveller, journey.bought);
  const gate = await openGate(browser, url, `${key}-gate`);
  const other = await openGate(browser, url, `${key}-gate`);
  await withNetwork(gate, other, bought.fan, bought.tickets, journey.ticket);
  await withoutNetwork(gate, other, bought.tickets[1], key);
  await revoked(browser, url, gate, operator, bought);
  await noCamera(gate);
  await carriedOver(browser, url, key, operator, journey);
  await viewer(browser, url, key);
  for (const one of [bought.fan, gate, other]) await one.leave();
}
