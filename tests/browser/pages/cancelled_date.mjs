// A date of 2,500 sold seats is cancelled from the console while people wait; the server is killed half way and goes on; fans read why, and
// all the money is back, also above the limit of a balance. At last the disk is full for a while (R-O1, R-U7, R-U8, R-W5).
import { Fan, Operator, assert, call, signInWithKey } from "./fan.mjs";
import { Served } from "./served.mjs";
import { balanceOf, join, openMy, untilInside } from "./visitor.mjs";

const PRICE = 1_000;
const BALANCE_MAX = 200_000;
const BUYERS = 25;
const SEATS_EACH = 100;
const EVERY = 8; // one of eight seats is sold, so that the end takes about two seconds
const REASON = "The roof leaks.";

// The seats of one buyer, held and paid in two calls; then the balance is filled up to its limit.
async function buy(url, operator, buyer, n, first) {
  await untilInside(url, buyer);
  const seatIds = Array.from({ length: SEATS_EACH }, (_, i) => first + EVERY * (i * BUYERS + n));
  await operator.send("POST", `/admin/users/${buyer.userId}/balance/charge`, { amount: BALANCE_MAX });
  const { reservations } = await call(url, "/events/seats", { method: "POST", headers: buyer.headers, body: { seatIds, userId: buyer.userId } });
  await call(url, `/events/reservations/${reservations[0].id}/pay`, { method: "PUT", headers: buyer.headers, body: { reservationIds: reservations.map(({ id }) => id) } });
  await operator.send("POST", `/admin/users/${buyer.userId}/balance/charge`, { amount: PRICE * SEATS_EACH });
}

async function sell(url, operator) {
  const first = (await operator.send("GET", "/admin/dates/1")).first_seat;
  const buyers = await Promise.all(Array.from({ length: BUYERS }, () => join(url, 1)));
  await Promise.all(buyers.map((buyer, n) => buy(url, operator, buyer, n, first)));
  return buyers;
}

async function cancelOnConsole(staff, url) {
  const { page } = staff;
  await page.goto(`${url}/console#1/event`);
  await page.getByRole("button", { name: /^Change .* 1 Feb/ }).click();
  await page.getByRole("button", { name: "Cancel this date…" }).click();
  await page.getByLabel("Reason, for fans").fill(REASON);
  await staff.says(/2,500 seats are sold/);
  await page.getByRole("button", { name: "Cancel the date", exact: true }).click();
}

// At the first refund that is seen.
async function halfWay(operator) {
  for (;;) {
    const { cancelled } = await operator.send("GET", "/admin/dates/1");
    if (cancelled?.refunded) return cancelled;
  }
}

async function fansAreTold(browser, url, buyers, waiting) {
  for (const buyer of buyers) assert.equal(await balanceOf(url, buyer), BALANCE_MAX + PRICE * SEATS_EACH);
  const fan = await openMy(browser, url, 1, buyers[0]);
  await fan.page.locator("[data-cancelled]").nth(SEATS_EACH - 1).waitFor();
  await fan.says(new RegExp(REASON));
  await fan.says("₩1,000 went back to the balance it was paid from.");
  await fan.look("my-date-cancelled");
  await fan.leave();
  await waiting.page.locator("#contact:not(.lost)").waitFor();
  await waiting.state("waiting", "near"); // the other date goes on
  await waiting.says("50");
  await waiting.leave();
}

// The disk is full, and is not any more.
async function storeIsAway(staff, served, url, operator) {
  const { page } = staff;
  await page.goto(`${url}/console#1/sale`);
  served.fillDisk(true);
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByRole("button", { name: "Pause now" }).click();
  await staff.state("store-away");
  await staff.says(/its store is away\. Nothing can be changed/);
  assert.equal((await operator.send("GET", "/admin/events/1")).paused, false);
  await staff.says("Nothing was done"); // it has tried again for a while
  await staff.look("console-store-away");
  served.fillDisk(false);
  await page.getByRole("button", { name: "Pause now" }).click();
  await staff.state("paused");
}

export default async function ({ browser, url, key, more: [binary, folder] }) {
  const settings = ["--log.level=error", "--catalogue.file=catalogue.yaml", `--wallet.balance_max=${BALANCE_MAX}`, `--admin.keys=olga:owner:${key}`];
  const served = new Served({ url, binary, folder, settings });
  await served.start();
  const operator = new Operator(url, key);
  const buyers = await sell(url, operator);
  await Promise.all(Array.from({ length: BUYERS }, () => join(url, 1))); // who has paid is out: they fill the room
  const [staff, waiting] = await Promise.all([Fan.arrive(browser, url), Fan.arrive(browser, url)]);
  await waiting.go("/wait/1");
  await waiting.state("waiting", "near");
  await signInWithKey(staff, key);
  await staff.state("on-sale");

  await cancelOnConsole(staff, url);
  await staff.page.locator('[data-cancelled="running"]').waitFor();
  await halfWay(operator);
  await served.kill();
  await staff.state("offline");
  await staff.says(/The server cannot be reached/);
  await staff.look("console-offline");
  await waiting.says(/Connection lost/);
  served.audit();
  await served.start();
  const { cancelled } = await operator.send("GET", "/admin/dates/1");
  assert.ok(cancelled.refunded < BUYERS * SEATS_EACH, "it was not killed half way");
  await staff.page.locator('[data-cancelled="done"]').waitFor();
  await staff.says("20,000 of 20,000 seats done, 2,500 refunded, ₩2,500,000");
  await staff.state("on-sale");
  await fansAreTold(browser, url, buyers, waiting);
  served.audit();
  await storeIsAway(staff, served, url, operator);
  served.audit();
  await staff.leave();
}
