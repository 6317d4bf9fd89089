// Ten minutes of sleep, as a page sees them: its clock jumps and its timers have stood still (R-U4, R-U6). The server's time has not
// moved here, so a page that believed its own clock would be wrong.
import { Fan, assert, tapSeat } from "./fan.mjs";

const SLEEP = "10:00";

export default async function ({ browser, url }) {
  const inside = await Fan.arrive(browser, url);
  await inside.page.clock.install();
  await inside.toSeats(2);
  await inside.page.locator(".rows, .section").first().waitFor();
  await tapSeat(inside, 2, 3);
  await inside.page.locator(".held").waitFor();
  await inside.page.clock.fastForward(SLEEP);
  await inside.page.waitForFunction(() => /^[0-5]:[0-5][0-9]$/.test(document.querySelector(".held .clock")?.innerText ?? "") && document.querySelector(".held .clock").innerText !== "0:00");
  assert.equal(await inside.page.getByText("The hold is over").count(), 0);

  const waiting = await Fan.arrive(browser, url);
  await waiting.page.clock.install();
  await waiting.go("/wait/2");
  await waiting.state("waiting", "near");
  const before = await waiting.asFan(2, "/queue");
  await waiting.page.clock.fastForward(SLEEP);
  await waiting.page.locator("#contact:not(.lost)").waitFor();
  await inside.asFan(2, "/queue", "DELETE");
  await waiting.state("turn");
  assert.equal((await waiting.asFan(2, "/queue")).issuedAt, before.issuedAt);
  await inside.leave();
  await waiting.leave();
}
