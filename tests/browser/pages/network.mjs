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
  await fan.look("wait-lost");
  await operator.send("POST", "/admin/events/1/queue/resume");
  await fan.context.setOffline(false);
  await fan.state("turn");
  const after = await fan.asFan(1, "/queue");
  assert.deepEqual([after.issuedAt, after.status], [before.issuedAt, "ACTIVATED"]);

  await fan.go("/buy/1");
  await page.locator(".list").waitFor();
  await tapSeat(fan, 1, 30);
  await fan.says("Seat 31");
  // The first answers to the charge and to the payment are lost on their way.
  for (const call of ["**/charge", "**/pay"]) {
    await page.route(call, async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
  }
  await fan.context.setOffline(true);
  await page.locator("#offline").waitFor();
  await page.getByRole("button", { name: /^Top up/ }).click();
  await page.waitForTimeout(1000); // tried, and tried again
  await fan.context.setOffline(false);
  await fan.state("paid"); // the same key was sent until an answer arrived
  const moved = (await fan.asFan(1, "/users/me/balance/history")).map(({ type, amount }) => [type, amount]);
  assert.deepEqual(moved, [["USE", 110_000], ["CHARGE", 110_000]]);
  await fan.leave();
}
