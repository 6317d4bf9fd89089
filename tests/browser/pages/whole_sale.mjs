// A sale as docs/operations.md describes it: from the console alone, from the new event to the last ticket at the door (R-U8, R-O1, R-P9).
import { Fan, assert, signInWithKey } from "./fan.mjs";
import { scan } from "./door.mjs";

const ZONE_MS = 9 * 3_600_000; // Asia/Seoul, in which the browser is
const local = (inMs) => new Date(Date.now() + ZONE_MS + inMs).toISOString().slice(0, 16);
const HOUR_MS = 3_600_000;

const button = (staff, name) => staff.page.getByRole("button", { name, exact: true });
const tab = (staff, name) => staff.page.getByRole("navigation", { name: "Pages of the console" }).getByRole("link", { name }).click();

async function prepare(staff) {
  const { page } = staff;
  await page.getByRole("link", { name: "New event" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Last Night");
  await page.getByLabel(/^Sale opens/).fill(local(-HOUR_MS));
  await page.getByLabel(/^Sale closes/).fill(local(48 * HOUR_MS));
  await button(staff, "Make the event").click();
  await staff.says("Last Night is there.");
  await page.getByLabel("Layout").fill("");
  await page.locator("form").filter({ hasText: "Another date" }).getByLabel(/^Begins/).fill(local(48 * HOUR_MS));
  await page.locator("fieldset").last().getByRole("textbox").first().fill("Standard");
  await page.getByLabel("Price of Standard").fill("50000");
  await button(staff, "Add the date").click();
  await staff.says("The date is there.");
  await tab(staff, "Seats");
  await page.locator("#map").waitFor();
  await page.getByLabel("Seats", { exact: true }).fill("1-10");
  await button(staff, "Choose").click();
  await button(staff, "Block 10 for the house").click();
  await staff.says("10 seats are the house’s now.");
  await tab(staff, "Sale");
  await page.getByLabel("People", { exact: true }).fill("5");
  await button(staff, "Apply").click();
  await staff.says("The new limits hold from now on.");
}

export default async function ({ browser, url, key }) {
  const staff = await Fan.arrive(browser, url, { viewport: { width: 1280, height: 900 } });
  const { page } = staff;
  await signInWithKey(staff, key);
  await prepare(staff);
  const event = Number(/#(\d+)/.exec(page.url())[1]);

  await button(staff, "Pause…").click();
  await page.getByLabel("Text for fans").fill("We go on at 20:15");
  await button(staff, "Pause now").click();
  await staff.state("paused");
  const fan = await Fan.arrive(browser, url);
  await fan.go(`/wait/${event}`);
  await fan.says(/We go on at 20:15/);
  await button(staff, "Resume").click();
  await fan.toSeats(event);
  await fan.page.locator("#find-best").click();
  await fan.page.locator(".held li").first().waitFor();
  await fan.page.locator("#pay").click();
  await fan.state("paid");
  const paid = await fan.asFan(event, "/users/me/reservations?status=PAID");
  assert.equal(paid.length, 2);

  await tab(staff, "Find");
  const given = await fan.asFan(event, `/events/reservations/${paid[0].id}/ticket`);
  await page.locator("#find").fill(paid[1].userId);
  await button(staff, "Find").click();
  await staff.says(`Reservation ${paid[1].id}`);
  await page.getByRole("article", { name: `Reservation ${paid[1].id}` }).getByRole("button", { name: "Refund…" }).click();
  const refunded = await fan.asFan(event, `/events/reservations/${paid[1].id}/ticket`);
  await button(staff, "Refund").click();
  await staff.says("Refunded.");

  const gate = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  await signInWithKey(gate, `${key}-gate`, "/gate");
  await gate.page.getByRole("button", { name: /^Last Night/ }).click();
  await gate.state("ready");
  await scan(gate, given.ticket, "good");
  await scan(gate, given.ticket, "used");
  await scan(gate, refunded.ticket, "revoked");
  assert.equal(await gate.page.locator("#count-unsent").innerText(), "0");

  await tab(staff, "Event and dates");
  await page.getByLabel("Closed: nothing is sold").check();
  await button(staff, "Save").click();
  await staff.state("closed");
  for (const one of [staff, fan, gate]) await one.leave();
}
