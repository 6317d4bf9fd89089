// How much the waiting page costs to load (R-U4: script <= 30 KB compressed; R-U10: <= 60 KB in all), and that it says the public
// state without scripts.
import { Fan, assert } from "./fan.mjs";

export default async function ({ browser, url }) {
  const fan = await Fan.arrive(browser, url);
  await fan.go("/wait/2");
  await fan.state("turn");
  const parts = await fan.loaded();
  const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
  const script = sum(parts.filter(({ name }) => name.endsWith(".js")));
  console.log(JSON.stringify({ script, all: sum(parts), parts }));
  assert.ok(script > 0 && script <= 30 * 1024, `${script} bytes of script`);
  assert.ok(sum(parts) <= 60 * 1024, `${sum(parts)} bytes in all`);
  await fan.leave();

  const plain = await Fan.arrive(browser, url, { javaScriptEnabled: false });
  await plain.go("/wait/2");
  const text = await plain.page.locator("main").innerText();
  assert.match(text, /Three Evenings/);
  assert.match(text, /People waiting now\s+\d+/);
  await plain.leave();
}
