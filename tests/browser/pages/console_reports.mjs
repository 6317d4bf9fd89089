// Parts of the console's scenario: a ticket is found, and a room judged (R-U8).
import { assert, call } from "./fan.mjs";
import { buy, join } from "./visitor.mjs";

const tab = (staff, name) => staff.page.getByRole("navigation", { name: "Pages of the console" }).getByRole("link", { name, exact: true }).click();
const button = (staff, name) => staff.page.getByRole("button", { name, exact: true });

// The ticket of a scanner that types, and what is said of one that is revoked.
export async function findTicket(staff, url, operator) {
  const [buyer, heir] = [await join(url, 1), await join(url, 1)];
  const sold = await buy(url, buyer, 1);
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
export async function judgeRoom(staff, url) {
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
