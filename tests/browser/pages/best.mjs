// The best seats together, by party size and price (R-U5, R-S13); the largest group is said where there is none so large.
import { Fan, assert } from "./fan.mjs";

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await fan.toSeats(7);
  await page.getByRole("radio", { name: "3" }).click();
  await page.locator("#category").selectOption({ index: 2 });
  await page.getByRole("button", { name: "Find 3 together" }).click();
  await page.locator(".held li").nth(2).waitFor();
  const held = await fan.asFan(7, "/users/me/reservations");
  assert.deepEqual(held.map(({ price }) => price), [132_000, 132_000, 132_000]);
  assert.equal(Math.max(...held.map(({ seatId }) => seatId)) - Math.min(...held.map(({ seatId }) => seatId)), 2);
  await page.getByRole("button", { name: "Give the seats back" }).click();
  await fan.says("No seat yet.");

  // One seat is all there is in event 6.
  await fan.toSeats(6);
  await page.getByRole("radio", { name: "2" }).click();
  await page.getByRole("button", { name: "Find 2 together" }).click();
  await fan.says("There are not that many seats side by side. The largest group is 1.");
  await fan.look("buy-none-together");
  await fan.leave();
}
