// The same with the keyboard alone: Tab to what is needed, Enter; once through the list and once on the map (R-U9).
import { Fan, assert } from "./fan.mjs";
import { tabTo } from "./keys.mjs";

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await fan.go("/");
  await page.getByRole("link", { name: "Winter Club Night" }).waitFor();
  await tabTo(page, /^Winter Club Night$/);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Take a place in line" }).waitFor();
  await tabTo(page, /^Take a place in line$/);
  await page.keyboard.press("Enter");
  await fan.state("turn");
  await tabTo(page, /^Choose seats$/);
  await page.keyboard.press("Enter");
  await fan.state("open");
  await page.locator(".list").waitFor();

  // The list is reached before the map: one seat from it.
  await tabTo(page, /^(1|2|3|4)$/);
  await page.keyboard.press("ArrowLeft");
  await page.locator('[role="radio"][aria-checked="true"]').getByText("1").waitFor();
  await tabTo(page, /^All seats/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^Seats 1–10/);
  await page.keyboard.press("Enter");
  await tabTo(page, /seat 3,/);
  await page.keyboard.press("Enter");
  await page.locator(".held").getByText("Seat 3", { exact: true }).waitFor();

  // One more on the map.
  await tabTo(page, /^Seat map$/);
  await page.keyboard.press("Home");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.locator(".held").getByText("Seat 5", { exact: true }).waitFor();
  assert.equal((await fan.asFan(1, "/users/me/reservations")).length, 2);

  await page.locator("main").focus();
  await tabTo(page, /^Top up ₩220,000 and pay$/);
  await page.keyboard.press("Enter");
  await fan.state("paid");
  assert.equal((await fan.asFan(1, "/users/me/reservations?status=PAID")).length, 2);
  await fan.leave();
}
