// The console and the check-in with the keyboard alone: signing in, the rate, a pause, seats on the map, a refund, a new event with a
// date, its cancellation, and a ticket at the door (R-U9).
import { scan } from "./door.mjs";
import { Fan, Operator, assert, call } from "./fan.mjs";
import { pressOn, reachesAll, tabTo, writeInto } from "./keys.mjs";
import { balanceOf, buy, join } from "./visitor.mjs";

async function signIn(staff, path, key) {
  await staff.go(path);
  await staff.page.getByLabel("Operator key").waitFor();
  await writeInto(staff.page, /^Operator key/, key);
  await staff.page.keyboard.press("Enter");
}

const logged = async (operator, wanted) => JSON.stringify((await operator.send("GET", "/admin/log?limit=9")).find(({ action }) => action === wanted));

async function queue(staff, operator) {
  const { page } = staff;
  await writeInto(page, /^At most inside/, "40");
  await pressOn(page, /^Apply$/);
  await staff.says("The new limits hold from now on.");
  await pressOn(page, /^Pause…$/);
  await page.locator("#pause-text:focus").waitFor();
  await page.keyboard.type("A short break.");
  await pressOn(page, /^Pause now$/);
  await staff.says("Paused.");
  await pressOn(page, /^Resume$/);
  assert.equal((await operator.send("GET", "/admin/events/1")).queue.capacity, 40);
  assert.match(await logged(operator, "queue.pause"), /A short break/);
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const staff = await Fan.arrive(browser, url);
  const { page } = staff;
  const fan = await join(url, 1);
  const sold = await buy(url, fan, 1);
  const other = await join(url, 1);
  const ticket = await call(url, `/events/reservations/${(await buy(url, other, 1)).id}/ticket`, { headers: other.headers });

  await signIn(staff, "/console", key);
  await staff.state("on-sale");
  await reachesAll(page, "the sale");
  await queue(staff, operator);
  await staff.state("on-sale");

  await pressOn(page, /^Seats$/);
  await page.locator("#map").waitFor();
  await reachesAll(page, "the seats");
  await tabTo(page, /^Seat map/);
  await page.keyboard.press("Home");
  for (let i = 0; i < 9; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await staff.says("1 seat chosen");
  await page.locator("main").focus();
  await pressOn(page, /^Block 1 for the house$/);
  await staff.says("1 seat is the house’s now.");

  await page.locator("main").focus();
  await pressOn(page, /^Find$/);
  await writeInto(page, /^User id, reservation number/, String(sold.id));
  await page.keyboard.press("Enter");
  await staff.says(`Reservation ${sold.id}`);
  await reachesAll(page, "a found reservation");
  await pressOn(page, /^Refund…$/);
  await page.keyboard.press("Escape"); // closes the question, and the focus is where it was
  await page.keyboard.press("Enter");
  await pressOn(page, /^Refund$/);
  await staff.says("Refunded.");
  assert.ok((await balanceOf(url, fan)) >= sold.price);

  for (const [tab, where] of [[/^Log$/, "the log"], [/^Catalogue and keys$/, "the catalogue and keys"]]) {
    await page.locator("main").focus();
    await pressOn(page, tab);
    await page.locator("h2").first().waitFor();
    await reachesAll(page, where);
  }
  await makeAndCancel(staff, operator);
  await staff.leave();
  await door(browser, url, key, ticket);
}

async function makeAndCancel(staff, operator) {
  const { page } = staff;
  await page.locator("main").focus();
  await pressOn(page, /^New event$/);
  await writeInto(page, /^Name$/, "By Keyboard");
  await fillTime(page, /^Sale opens/, "01", "2030");
  await fillTime(page, /^Sale closes/, "06", "2096");
  await reachesAll(page, "a new event");
  await pressOn(page, /^Make the event$/);
  await staff.says("By Keyboard is there.");
  await fillTime(page, /^Begins/, "07", "2096");
  await writeInto(page, /^Price of Standard/, "50000");
  await pressOn(page, /^Add the date$/);
  await staff.says("The date is there.");
  await reachesAll(page, "the event");
  await pressOn(page, /^Change /);
  await pressOn(page, /^Cancel this date…$/);
  await page.locator(".ask input:focus, .ask textarea:focus").waitFor();
  await page.keyboard.type("The piano fell.");
  await pressOn(page, /^Cancel the date$/);
  await page.locator('[data-cancelled="done"]').waitFor();
  const made = (await operator.send("GET", "/admin/events")).find(({ name }) => name === "By Keyboard");
  assert.equal(made.dates[0].deleted, true);
  assert.match(await logged(operator, "date.cancel"), /The piano fell/);
}

// Ten o'clock of a day: one number for day and month, so that it does not matter which the browser's language has first, nor whether
// its clock has twelve hours.
async function fillTime(page, name, day, year) {
  await tabTo(page, name);
  await page.keyboard.type(`${day}${day}${year}`);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("1000A");
}

async function door(browser, url, key, ticket) {
  const steward = await Fan.arrive(browser, url);
  const { page } = steward;
  await signIn(steward, "/gate", key);
  await steward.state("choose");
  await reachesAll(page, "the dates");
  await pressOn(page, /Winter Club Night/);
  await steward.state("ready");
  await reachesAll(page, "the check-in");
  await scan(steward, ticket.ticket, "good");
  await pressOn(page, /^Take back/);
  await steward.says("Taken back.");
  await steward.leave();
}
