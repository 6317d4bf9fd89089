// The states of the waiting page and of the event before it, each looked at by axe in both themes (R-U4, R-U9).
import { Fan, Operator, assert, call } from "./fan.mjs";

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const fan = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  const { page } = fan;
  const look = (state) => fan.look(state);
  const first = await Fan.arrive(browser, url);

  await fan.go("/e/5");
  await fan.says(/Sale opens in/);
  await look("event-upcoming");
  await fan.go("/wait/5");
  await fan.state("not-open");
  await look("wait-not-open");

  await fan.go("/wait/4");
  await fan.state("gathering");
  await fan.says(/The order will be drawn at/);
  await look("wait-gathering");
  const draw = await call(url, "/queue/draw/4");
  await fan.says(new RegExp(`${draw.commitment.slice(0, 16)}`));

  // In event 2 one person is inside, and the next one waits.
  await first.go("/wait/2");
  await first.state("turn");
  await fan.go("/wait/2");
  await fan.state("waiting", "near");
  assert.equal(await page.locator("#ahead").innerText(), "You are next.");
  await look("wait-next");
  await operator.send("POST", "/admin/events/2/queue/pause", { text: "Somebody lost a shoe." });
  await fan.state("paused");
  await fan.says(/Somebody lost a shoe/);
  await look("wait-paused");
  await operator.send("POST", "/admin/events/2/queue/resume");

  await page.getByRole("button", { name: "Leave the line" }).click();
  await look("wait-leaving");
  await page.getByRole("button", { name: "Yes, leave" }).click();
  await fan.state("left");
  assert.equal((await fan.asFan(2, "/queue")).reason, "LEFT");
  await look("wait-left");
  await page.getByRole("button", { name: "Join again at the end" }).click();
  await fan.state("waiting", "near");
  await operator.send("POST", "/admin/events/2/queue/empty");
  await fan.state("emptied");
  await look("wait-emptied");

  // A token that the server does not know.
  await page.evaluate(() => localStorage.setItem("stagedoor.place.2", JSON.stringify({ token: "Bearer made-up", first: null })));
  await page.reload();
  await fan.state("invalid");
  await look("wait-invalid");
  await page.getByRole("button", { name: "Join again at the end" }).click();
  await fan.state("turn");
  await look("wait-turn");

  // Event 6 has one seat: bought, and who waits is told.
  await first.toSeats(6);
  await fan.go("/wait/6");
  await fan.state("waiting", "near");
  await first.page.locator("#find-best, #pay").first().waitFor();
  const { userId } = await first.asFan(6, "/users/me");
  const { seat } = await first.asFan(6, "/events/properties/6/seats?status=AVAILABLE");
  const hold = await first.asFan(6, "/events/seats", "POST", { seatId: seat[0].id, userId });
  await first.asFan(6, `/users/${userId}/balance/charge`, "PUT", { amount: 1000 });
  await fan.says(/Only held seats are left/);
  await look("wait-only-held");
  await first.asFan(6, `/events/reservations/${hold.id}/pay`, "PUT");
  await page.waitForFunction(() => ["sold-out", "turn"].includes(document.getElementById("main").dataset.state));
  await fan.go("/e/6");
  await fan.says("Sold out.");
  await look("event-sold-out");

  await operator.send("PATCH", "/admin/events/2", { closed: true });
  await page.evaluate(() => localStorage.clear()); // who comes now, as somebody else
  await fan.go("/wait/2");
  await fan.state("over");
  await look("wait-over");
  await fan.go("/wait/99");
  await fan.state("no-event");
  await look("wait-no-event");
  await first.leave();
  await fan.leave();
}
