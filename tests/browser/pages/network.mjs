// The network goes and comes back, while waiting and with a held seat: nothing is lost, and the page says what is kept (R-U4).
import { Fan, Operator, assert, tapSeat } from "./fan.mjs";

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await operator.send("POST", "/admin/events/1/queue/pause", { text: "The doors open soon." });
  await fan.go("/wait/1");
  await fan.state("paused");
  await fan.says("The doors open soon.");
  const before = await fan.asFan(1, "/queue");
  await fan.context.setOffline(true);
  await page.locator("#contact.lost").waitFor();
  await fan.picture("wait-lost");
  await operator.send("POST", "/admin/events/1/queue/resume");
  await fan.context.setOffline(false);
  await fan.state("turn");
  const after = await fan.asFan(1, "/queue");
  assert.deepEqual([after.issuedAt, after.status], [before.issuedAt, "ACTIVATED"]);

  await fan.go("/buy/1");
  await page.locator(".list").waitFor();
  await tapSeat(fan, 1, 30);
  await fan.says("Seat 31");
  await fan.context.setOffline(true);
  await page.locator("#offline").waitFor();
  await page.getByRole("button", { name: /^Top up/ }).click();
  await page.waitForTimeout(1500); // tried, and tried again
  await fan.context.setOffline(false);
  await fan.state("paid"); // the same key was sent until it arrived
  assert.equal((await fan.asFan(1, "/users/me/balance/history")).filter((row) => row.type === "CHARGE").length, 1);
  await fan.leave();
}
