// Reload at every step, and a second tab: nothing is lost.
import { Fan, Operator, assert, tapSeat } from "./fan.mjs";

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  const fan = await Fan.arrive(browser, url);
  const { page } = fan;
  await operator.send("POST", "/admin/events/1/queue/pause", { text: "Soon." });
  await fan.go("/wait/1");
  await fan.state("paused");
  const { issuedAt } = await fan.asFan(1, "/queue");
  await page.reload();
  await fan.state("paused");
  assert.equal((await fan.asFan(1, "/queue")).issuedAt, issuedAt);
  const first = fan.page;
  await fan.openTab();
  await fan.go("/wait/1");
  await fan.state("paused");
  await fan.says("This line is open in another tab as well.");
  await first.getByText("This line is open in another tab as well.").waitFor();
  await fan.look("wait-second-tab");
  await first.close();
  await operator.send("POST", "/admin/events/1/queue/resume");
  await fan.state("turn");
  await fan.page.reload();
  await fan.state("turn");
  await fan.chooseSeats();
  await fan.page.reload();
  await fan.page.locator(".list").waitFor();
  await tapSeat(fan, 1, 40);
  await fan.says("Seat 41");
  await fan.page.reload();
  await fan.says("Seat 41");
  await fan.page.getByRole("button", { name: /^Top up/ }).click();
  await fan.state("paid");
  await fan.page.reload();
  await fan.state("paid");
  await fan.go("/wait/1");
  await fan.state("paid");
  await fan.look("wait-paid");
  await fan.page.getByRole("button", { name: "Join again at the end" }).click();
  await fan.state("turn");
  await fan.leave();
}
