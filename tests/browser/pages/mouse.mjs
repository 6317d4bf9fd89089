// From the list of events to the paid seat and back by refund, with the mouse; the page compared with the API after each step.
import { Fan, assert, tapSeat } from "./fan.mjs";

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await fan.go("/");
  await page.getByLabel(/Search/).fill("understudies");
  await page.getByRole("link", { name: "Winter Club Night" }).click();
  await page.getByRole("link", { name: "Take a place in line" }).click();
  await fan.state("turn");
  assert.match(await page.title(), /^Your turn/);
  await fan.chooseSeats();
  assert.equal((await fan.asFan(1, "/queue")).status, "ACTIVATED");
  await page.locator(".list").waitFor();

  await tapSeat(fan, 1, 12);
  await fan.says("Seat 13");
  const [held] = await fan.asFan(1, "/users/me/reservations");
  assert.deepEqual([held.seatNumber, held.status], [13, "RESERVED"]);
  await tapSeat(fan, 1, 12); // a second tap gives it back
  await page.getByText("No seat yet.").waitFor();
  assert.equal((await fan.asFan(1, "/users/me/reservations"))[0].status, "CANCELLED");

  await tapSeat(fan, 1, 20);
  await fan.says("Seat 21");
  await page.getByRole("button", { name: "Top up ₩110,000 and pay" }).click();
  await fan.state("paid");
  assert.equal((await fan.asFan(1, "/users/me/balance")).balance, 0);
  const [paid] = await fan.asFan(1, "/users/me/reservations?status=PAID");
  assert.deepEqual([paid.seatNumber, paid.price], [21, 110_000]);

  await page.getByRole("link", { name: "To your tickets" }).click();
  await page.getByRole("article").getByText("Winter Club Night").waitFor();
  await page.getByRole("button", { name: /Give back and get/ }).click();
  await page.getByRole("button", { name: "Yes, give it back" }).click();
  await page.locator(".ticket.void").waitFor();
  assert.equal((await fan.asFan(1, "/users/me/balance")).balance, 110_000);
  await fan.leave();
}
