// From the ticket in the fan's pages to the door: good, used already, another date, forged; without network and after a reload; two gates
// that let the same ticket in; a scan taken back; a ticket that was refunded (R-P7, R-P9, R-U7).
import { Fan, Operator, assert, signInWithKey, tapSeat } from "./fan.mjs";

const button = (fan, name) => fan.page.getByRole("button", { name, exact: true });

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
  await fan.looksGood("buy-paid", { picture: "paid-with-codes" });
  await fan.go("/my");
  await fan.page.locator("[data-code] svg").nth(1).waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await fan.page.emulateMedia({ colorScheme });
    await fan.looksGood("my-tickets", { picture: `my-codes-${colorScheme}` });
  }
  await fan.page.emulateMedia({ media: "print" });
  await fan.picture("my-tickets-print");
  await fan.page.emulateMedia({ media: "screen" });
  const paid = await fan.asFan(1, "/users/me/reservations?status=PAID");
  const tickets = await Promise.all(paid.map(({ id }) => fan.asFan(1, `/events/reservations/${id}/ticket`)));
  return { fan, paid, tickets };
}

async function openGate(browser, url, key, options = {}) {
  const gate = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 }, ...options });
  await signInWithKey(gate, key, "/gate");
  await gate.state("choose");
  await gate.page.getByRole("button", { name: /Winter Club Night/ }).click();
  await gate.state("ready");
  await gate.page.locator('main[data-kept="true"]').waitFor();
  return gate;
}

// As a scanner at the USB port does it.
export async function scan(gate, code, kind) {
  const number = Number(await gate.page.locator("[data-verdict]").getAttribute("data-number"));
  await gate.page.keyboard.type(code);
  await gate.page.keyboard.press("Enter");
  await gate.page.locator(`[data-verdict][data-number="${number + 1}"]`).waitFor();
  assert.equal(await gate.page.locator("[data-verdict]").getAttribute("data-verdict"), kind);
}

export default async function ({ browser, url, key }) {
  const { fan, paid, tickets } = await buyTwo(browser, url);
  const [first, second] = tickets.map(({ ticket }) => ticket);
  const gate = await openGate(browser, url, `${key}-gate`);
  const other = await openGate(browser, url, `${key}-gate`);
  await gate.look("gate-ready");

  await scan(gate, first, "good");
  await gate.says(/^Seat [45]$/);
  await gate.look("gate-good");
  await scan(gate, first, "used");
  await gate.look("gate-used");
  await scan(other, first, "used"); // the other gate has asked the server
  await scan(gate, `${second.slice(0, 100)}${second[100] === "A" ? "B" : "A"}${second.slice(101)}`, "unknown");
  const forOtherDate = Buffer.from(first, "base64url");
  forOtherDate[33] ^= 3; // date 1 -> 2
  await scan(gate, forOtherDate.toString("base64url"), "other-date");
  await gate.look("gate-other-date");
  await scan(gate, "ff00 ff00 ff00 ff00", "unknown");
  await scan(gate, "hello", "unknown");
  await gate.look("gate-unknown");
  await fan.go("/my");
  await fan.page.getByText(/^Used /).first().waitFor();

  // Without network both gates let the second ticket in; it is told when they sync.
  await Promise.all([gate, other].map((one) => one.context.setOffline(true)));
  await scan(gate, second, "good");
  await gate.look("gate-offline");
  await scan(gate, second, "used");
  await scan(gate, tickets[1].serial, "used");
  await scan(gate, "ff00 ff00 ff00 ff00", "unsure");
  await gate.look("gate-unsure");
  await scan(other, second, "good");
  assert.equal(await gate.page.locator("#count-unsent").innerText(), "1");
  await gate.page.reload(); // the key is gone, the scans are not
  await gate.state("choose");
  await gate.page.getByRole("button", { name: /Winter Club Night/ }).click();
  await scan(gate, second, "used");
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

  // A scan that is taken back lets the ticket in again; a refunded one is refused by a gate that has synced since.
  await gate.page.getByRole("button", { name: /^Take back/ }).first().click();
  await gate.says("taken back");
  const operator = new Operator(url, key);
  await operator.send("POST", `/admin/reservations/${paid[1].id}/refund`);
  await scan(gate, second, "revoked");
  await gate.look("gate-revoked");
  await button(gate, "Read with the camera").click(); // there is none here
  await gate.page.locator('[data-camera="refused"]').waitFor();
  await gate.look("gate-camera-refused");
  for (const one of [fan, gate, other]) await one.leave();
}
