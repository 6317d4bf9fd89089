// A draw from gathering to the turn, and the page on which a fan checks it (R-U4, R-Q13). This event opens soon after the start.
import { Fan, assert, call } from "./fan.mjs";

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  const others = await Promise.all([1, 2, 3].map(() => Fan.arrive(browser, url)));
  for (const one of [others[0], fan, others[1], others[2]]) {
    await one.go("/wait/8");
    await one.state("gathering");
  }
  await fan.page.getByText("4 people are here").waitFor();
  await fan.state("turn");
  await fan.go("/draw/8");
  await fan.says("The seed is the one that was committed to.");
  const draw = await call(url, "/queue/draw/8");
  const text = await fan.page.getByText(/Your place 2 was drawn as number/).innerText();
  const rank = Number(/number (\d)/.exec(text)[1]);
  assert.ok(draw.people === 4 && rank >= 1 && rank <= 4, text);
  await fan.looksGood("draw");
  for (const one of [...others, fan]) await one.leave();
}
