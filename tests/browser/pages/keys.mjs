// What the scenarios with the keyboard alone share (R-U9).
import { assert } from "./fan.mjs";

// Presses Tab until what has the focus is called like this.
export async function tabTo(page, name, most = 90) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const active = document.activeElement === document.body ? null : document.activeElement;
      return active?.getAttribute("aria-label") ?? active?.labels?.[0]?.innerText ?? active?.innerText ?? "";
    });
    if (name.test(found.trim())) return;
  }
  throw new Error(`no ${name} within ${most} tabs`);
}

export async function pressOn(page, name) {
  await tabTo(page, name);
  await page.keyboard.press("Enter");
}

// Into a field, in place of what it has.
export async function writeInto(page, name, text) {
  await tabTo(page, name);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

// Whatever can be clicked or written into now is reached by Tab, too, or by arrow keys inside of one that is.
export async function reachesAll(page, where) {
  const left = await page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']");
    window.unreached = new Set([...all].filter((one) => one.checkVisibility() && !(one.type === "radio" && !one.checked)));
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    return window.unreached.size;
  });
  assert.ok(left > 5, `${where} has ${left} controls`);
  for (let i = 0; i < 3 * left + 20; i++) { // a moment has many parts
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => window.unreached.delete(document.activeElement) && !window.unreached.size)) break;
  }
  const missed = await page.evaluate(() => [...window.unreached].filter((one) => one.isConnected).map((one) => one.outerHTML.slice(0, 120)));
  assert.deepEqual(missed, [], `Tab does not reach on ${where}`);
}
