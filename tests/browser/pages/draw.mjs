// A draw from gathering to the turn, and the page on which a fan checks it (R-U4, R-Q13).
import { Fan, Operator, assert, call } from "./fan.mjs";

const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const GATHERING_SECONDS = 9;

async function announce(url, key) {
  const window = { from: at(GATHERING_SECONDS), until: "2096-01-01T00:00:00Z" };
  const queue = { order: "draw", gather_from: "2020-01-01T00:00:00Z", poll_min: "0s" };
  const dates = [{ starts_at: "2096-02-01T19:00:00+09:00", layout: "club", prices: { Standard: 100000 } }];
  return (await new Operator(url, key).send("POST", "/admin/events", { name: "By Lot, Soon", on_sale: window, queue, dates })).id;
}

export default async function ({ browser, url, key }) {
  const fan = await Fan.arrive(browser, url);
  const others = await Promise.all([1, 2, 3].map(() => Fan.arrive(browser, url)));
  const id = await announce(url, key);
  for (const one of [others[0], fan, others[1], others[2]]) {
    await one.go(`/wait/${id}`);
    await one.page.waitForFunction((key) => localStorage.getItem(key), `stagedoor.place.${id}`);
  }
  await fan.state("gathering");
  await fan.says(/[1-4] (person is|people are) here/);
  await fan.state("turn");
  await fan.go(`/draw/${id}`);
  await fan.says("The seed is the one that was committed to.");
  const draw = await call(url, `/queue/draw/${id}`);
  const text = await fan.page.getByText(/Your place 2 was drawn as number/).innerText();
  const rank = Number(/number (\d)/.exec(text)[1]);
  assert.ok(draw.people === 4 && rank >= 1 && rank <= 4, text);
  await fan.look("draw-good");

  // A seed that is not the one that was committed to; somebody who came after the opening; somebody who has no place.
  await fan.changing("**/queue/draw/*", (published) => ({ ...published, commitment: "0".repeat(64) }));
  await fan.page.reload();
  await fan.says("The seed is not the one that was committed to.");
  await fan.look("draw-bad");
  await fan.page.unroute("**/queue/draw/*");
  const late = await Fan.arrive(browser, url);
  await late.go(`/draw/${id}`);
  await late.says("This browser has no place in this line");
  await late.look("draw-no-place");
  await late.go(`/wait/${id}`);
  await late.state("turn");
  await late.go(`/draw/${id}`);
  await late.says("You joined after the opening");
  await late.look("draw-late");
  for (const one of [...others, fan, late]) await one.leave();
}
