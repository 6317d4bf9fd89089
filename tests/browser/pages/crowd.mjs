// A person in the browser among a crowd of made-up fans (browser_test.py sends it): the page is compared with the API after each step.
import { Fan, assert } from "./fan.mjs";

const EVENT = 9;

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await fan.go(`/wait/${EVENT}`);
  // While waiting, the number only falls.
  await page.waitForFunction((key) => localStorage.getItem(key), `stagedoor.place.${EVENT}`);
  let least = Infinity;
  for (let i = 0; i < 40; i++) {
    const state = await page.evaluate(() => document.getElementById("main")?.dataset.state);
    if (state !== "waiting" && state !== "near") break;
    const shown = Number((await page.locator("#number").innerText()).replaceAll(",", ""));
    assert.ok(shown <= least, `the number rose from ${least} to ${shown}`);
    least = shown;
    await page.waitForTimeout(100);
  }
  await page.waitForFunction(() => document.getElementById("main")?.dataset.state === "turn" || location.pathname.startsWith("/buy"), null, { timeout: 30_000 });
  await fan.chooseSeats();
  await page.locator(".list").waitFor();

  await page.locator("#find-best").click();
  await page.locator(".held li").first().waitFor();
  const held = await fan.asFan(EVENT, "/users/me/reservations");
  assert.deepEqual(held.map(({ status }) => status), ["RESERVED", "RESERVED"]);
  assert.equal(await page.locator(".held li").count(), 2);
  await page.locator("#pay").click();
  await fan.state("paid");
  const paid = await fan.asFan(EVENT, "/users/me/reservations?status=PAID");
  assert.deepEqual(paid.map(({ id }) => id).sort(), held.map(({ id }) => id).sort());
  assert.equal((await fan.asFan(EVENT, "/users/me/balance")).balance, 0);
  await fan.leave();
}
