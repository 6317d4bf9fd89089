// A hold lapses while the fan pays: nothing is charged, the page says so and leads back to the map (R-U6). This event holds seats
// for three seconds.
import { Fan, assert, tapSeat } from "./fan.mjs";

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await fan.toSeats(3);
  const { userId } = await fan.asFan(3, "/users/me");
  await fan.asFan(3, `/users/${userId}/balance/charge`, "PUT", { amount: 500_000 });
  await page.reload();
  await page.locator(".list").waitFor();
  await tapSeat(fan, 3, 7);
  await page.locator(".held").waitFor();
  await page.route("**/pay", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await route.continue();
  });
  await page.getByRole("button", { name: /^Pay / }).click();
  await page.getByRole("heading", { name: "The hold is over" }).waitFor();
  assert.equal((await fan.asFan(3, "/users/me/balance")).balance, 500_000);
  await fan.look("buy-lapsed");
  await page.getByRole("button", { name: "Back to the seat map" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "map");
  await page.unroute("**/pay");
  await tapSeat(fan, 3, 8); // and can buy another
  await page.getByRole("button", { name: /^Pay / }).click();
  await fan.state("paid");
  assert.equal((await fan.asFan(3, "/users/me/balance")).balance, 400_000);

  // One that lapses while nothing is done.
  const idle = await Fan.arrive(browser, url);
  await idle.toSeats(3);
  await tapSeat(idle, 3, 9);
  await idle.page.locator(".held").waitFor();
  await idle.page.getByRole("heading", { name: "The hold is over" }).waitFor();
  assert.equal((await idle.asFan(3, "/events/properties/3/seats?status=AVAILABLE")).seat.filter((seat) => seat.seatNumber === 10).length, 1);
  await idle.leave();
  await fan.leave();
}
