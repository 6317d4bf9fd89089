// node pages/run.mjs pictures URL OPERATOR_KEY: the README's pictures, of a server with the demo (./x pictures). Writes them into the
// folder that STAGEDOOR_PICTURES names.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { Fan, Operator, call, signInWithKey } from "./fan.mjs";
import { scan } from "./door.mjs";

const folder = process.env.STAGEDOOR_PICTURES;
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1 };
const CROWD = 2400;

export async function crowd(url, count, eventId = 2) {
  const join = async (part) => {
    for (let i = 0; i < part; i++) await call(url, "/queue", { method: "POST", body: { userId: randomUUID(), eventId } });
  };
  await Promise.all(Array.from({ length: 24 }, () => join(count / 24)));
}

// As after some minutes of a sale: the front is nearly gone, the back is not.
export async function sellSome(operator, url, dateId = 2) {
  const { categories, sections } = await call(url, `/events/properties/${dateId}/layout`);
  const shares = [0.86, 0.45, 0.3];
  let number = 0;
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const seatNumbers = sections.flatMap((section) => Array.from({ length: section.seats }, () => ++number).filter(() => random() < shares[categories.indexOf(section.category)]));
  for (let i = 0; i < seatNumbers.length; i += 500) {
    await operator.send("POST", `/admin/dates/${dateId}/seats/block`, { seatNumbers: seatNumbers.slice(i, i + 500) });
  }
}

// The console while a crowd buys the arena: some thousand people wait, some hundred are inside, and seats are sold.
async function shootConsole(browser, url, operator, key) {
  await operator.send("PATCH", "/admin/events/3/queue", { people: 40, every: "1s", capacity: 400 });
  const staff = await Fan.arrive(browser, url, { ...DESKTOP, viewport: { width: 1280, height: 1136 }, colorScheme: "dark" });
  await signInWithKey(staff, key);
  await staff.page.goto(`${url}/console#3/sale`);
  await staff.page.locator(".tiles").waitFor();
  const fans = ["--event", "3", "--fans", "9000", "--rate", "150", "--think", "3s", "--pick", "--seed", "7"];
  const crowd = spawn(process.env.STAGEDOOR_TEST_BINARY, ["crowd", "--url", url, ...fans], { stdio: "ignore" });
  await staff.page.waitForTimeout(45_000); // for the lines of the plots to become long
  await shoot(staff, "console");
  crowd.kill();
}

// The check-in after the fan's tickets were scanned.
async function shootGate(browser, url, key, fan) {
  const steward = await Fan.arrive(browser, url, { ...PHONE, colorScheme: "dark" });
  await signInWithKey(steward, key, "/gate");
  await steward.state("choose");
  await steward.page.getByRole("button", { name: /Three Evenings in the Hall/ }).first().click();
  await steward.state("ready");
  for (const { id } of await fan.asFan(2, "/users/me/reservations?status=PAID")) {
    const { ticket } = await fan.asFan(2, `/events/reservations/${id}/ticket`);
    await scan(steward, ticket, "good");
  }
  await shoot(steward, "gate");
}

const shoot = (fan, name) => fan.page.screenshot({ path: `${folder}/${name}.png` });

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  await sellSome(operator, url);
  await operator.send("PATCH", "/admin/events/2/queue", { people: 8, every: "1s", active_ttl: "5m", poll_min: "0s", poll_max: "1s" });
  await operator.send("POST", "/admin/events/2/queue/pause", { text: "The doors open soon." });
  await crowd(url, CROWD / 2);
  const fan = await Fan.arrive(browser, url, { ...PHONE, colorScheme: "dark" });
  await fan.go("/");
  await fan.page.locator(".card").first().waitFor();
  await shoot(fan, "events");
  await fan.go("/wait/2");
  await fan.state("paused");
  await crowd(url, CROWD / 2);
  await operator.send("POST", "/admin/events/2/queue/resume");
  await fan.state("waiting", "near");
  await fan.page.waitForTimeout(9000); // for a rate to be measured
  await shoot(fan, "waiting");
  await operator.send("PATCH", "/admin/events/2/queue", { people: 3000 });

  const buyer = await Fan.arrive(browser, url, { ...DESKTOP, colorScheme: "light" });
  await buyer.toSeats(2);
  await buyer.page.locator("#find-best").click();
  await buyer.page.locator(".held").waitFor();
  await buyer.page.getByRole("button", { name: "Whole hall" }).click();
  await buyer.page.waitForTimeout(500);
  await shoot(buyer, "seats");

  const korean = await Fan.arrive(browser, url, { ...PHONE, locale: "ko-KR", colorScheme: "light" });
  await korean.toSeats(2);
  await korean.page.locator("#find-best").click();
  await korean.page.locator(".held").waitFor();
  await korean.page.locator("#pay").click();
  await korean.state("paid");
  await shoot(korean, "paid");

  await shootGate(browser, url, key, korean);
  await shootConsole(browser, url, operator, key);
}
