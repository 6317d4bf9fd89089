// Two fans compete for one seat: the loser is told at the tap, is shown what is next to it, and sees the change soon (R-U5).
import { Fan, assert, tapSeat } from "./fan.mjs";

const SEAT = 24;

export default async function ({ browser, url }) {
  const [first, second] = await Promise.all([Fan.arrive(browser, url), Fan.arrive(browser, url)]);
  await Promise.all([first.toSeats(1), second.toSeats(1)]);

  // The second fan taps while the seat is free; the first one's request comes to the server before.
  let release;
  const firstHasIt = new Promise((resolve) => { release = resolve; });
  await second.page.route("**/events/seats", async (route) => {
    await firstHasIt;
    await route.continue();
  });
  const tapped = second.page.waitForRequest("**/events/seats");
  await tapSeat(second, 1, SEAT);
  await tapped;
  await tapSeat(first, 1, SEAT);
  await first.page.locator(".held").getByText(`Seat ${SEAT + 1}`, { exact: true }).waitFor();
  release();
  const [winner, loser] = [first, second];
  await loser.says("Taken a moment ago. These are next to it.");
  await loser.look("buy-lost");
  assert.equal((await loser.asFan(1, "/users/me/reservations")).length, 0);
  const next = loser.page.locator("[data-notice] button").first();
  assert.match(await next.innerText(), /^Seat (24|26)$/);
  await next.click();
  await loser.page.locator(".held").waitFor();

  // A change is seen by the other within half a second of its commit (R-U10; a loaded machine is given more).
  const free = (count) => loser.page.locator(".list .section .muted", { hasText: `${count} free` }).first().waitFor();
  await free(48);
  const begin = Date.now();
  await winner.asFan(1, "/events/seats", "POST", { seatId: (await winner.asFan(1, "/events/properties/1/seats?status=AVAILABLE")).seat[0].id, userId: await winner.kept("user") });
  await free(47);
  const seconds = (Date.now() - begin) / 1000;
  assert.ok(seconds < 3, `the change was seen after ${seconds} s`);
  await first.leave();
  await second.leave();
}
