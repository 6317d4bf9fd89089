// The states of the seat map, of paying and of the tickets that no other scenario stops at, each looked at by axe in both themes
// (R-U5, R-U6, R-U7, R-U9).
import { Fan, Operator, assert, call, tapSeat } from "./fan.mjs";

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const fan = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  const { page } = fan;
  const look = (state) => fan.look(state);

  await fan.go("/my");
  await fan.says("You have no tickets yet.");
  await look("my-empty");
  await fan.go("/buy/99");
  await fan.state("no-event");
  await look("buy-no-event");
  await fan.go("/buy/1");
  await fan.state("no-turn");
  await look("buy-no-turn");
  await page.route("**/events/1", (route) => route.abort());
  await page.reload();
  await fan.state("failed");
  await look("buy-failed");
  await page.unroute("**/events/1");
  await page.getByRole("button", { name: "Try again" }).click();
  await fan.state("no-turn");

  // A seat that is taken before the tap, and a date whose seats are all taken.
  await operator.send("POST", "/admin/dates/1/seats/block", { seatNumbers: [13] });
  await fan.toSeats(1);
  await page.getByRole("button", { name: "Whole hall" }).click();
  await tapSeat(fan, 1, 12);
  await page.locator("[data-notice]").or(page.locator(".held")).waitFor();
  await fan.says("This seat is taken. These are next to it.");
  await look("buy-taken");
  const all = Array.from({ length: 50 }, (_, i) => i + 1);
  await operator.send("POST", "/admin/dates/1/seats/block", { seatNumbers: all });
  await fan.says("All seats of this date are taken at the moment.");
  await look("buy-full");
  await operator.send("POST", "/admin/dates/1/seats/unblock", { seatNumbers: all });
  await page.locator(".list .disclosure").first().waitFor();

  // As many seats as one may have; balances that the organiser tops up.
  await page.route("**/client", (route) =>
    route.fulfill({ json: { success: true, data: { authMode: "token", chargeBy: "operator", defaultEvent: null, oidc: null } } }),
  );
  await page.reload();
  await page.locator(".list").waitFor();
  await page.getByRole("radio", { name: "4" }).click();
  await page.locator("#find-best").click();
  await page.locator(".held li").nth(3).waitFor();
  await fan.says("You have your 4 seats.");
  await fan.says(/Your balance is topped up by the organiser/);
  assert.equal(await page.locator("#pay").count(), 0);
  await look("buy-operator");
  await page.unroute("**/client");

  // The turn is over while seats are chosen.
  await fan.toSeats(10);
  await fan.state("turn-over");
  await look("buy-turn-over");
  assert.equal((await fan.asFan(10, "/queue")).reason, "TURN_OVER");
  await page.getByRole("button", { name: "Join again at the end" }).click();
  await fan.state("turn");

  // A refund that is asked for, and a ticket that was given back.
  await fan.toSeats(6);
  await page.getByRole("radio", { name: "1" }).click();
  await page.locator("#find-best").click();
  await page.locator("#pay").click();
  await fan.state("paid");
  await fan.go("/my");
  await page.getByRole("button", { name: /Give back and get/ }).click();
  await look("my-refund");
  await page.getByRole("button", { name: "Yes, give it back" }).click();
  await page.locator(".ticket.void").waitFor();
  await look("my-refunded");
  assert.equal((await call(url, "/events/6")).seatCount, 1);
  await fan.leave();
}
