// The console and the check-in in both languages, both themes, on a phone and on a large screen: axe finds nothing, nothing is wider than
// the window (R-U2, R-U9).
import { Fan, signInWithKey } from "./fan.mjs";

const KINDS = [
  { locale: "ko-KR", colorScheme: "light", width: 320, height: 640 },
  { locale: "en-GB", colorScheme: "dark", width: 390, height: 844 },
  { locale: "ko-KR", colorScheme: "dark", width: 1920, height: 1080 },
  { locale: "en-GB", colorScheme: "light", width: 1280, height: 860 },
];
const READY = { sale: ".tiles", event: "form .field", seats: ".legend .mark", find: "#find", log: "h2", server: "#file" };

async function visit(browser, url, key, { locale, colorScheme, width, height }) {
  const staff = await Fan.arrive(browser, url, { locale, colorScheme, viewport: { width, height } });
  const look = (name) => staff.looksGood(name, { picture: `${name}-${locale.slice(0, 2)}-${colorScheme}-${width}` });
  await signInWithKey(staff, key);
  await staff.state("on-sale");
  for (const [tab, ready] of Object.entries(READY)) {
    await staff.page.goto(`${url}/console#7/${tab}`);
    await staff.page.locator(ready).first().waitFor();
    if (tab === "sale") await staff.page.locator(".plot").first().waitFor();
    await look(`console-${tab}`);
  }
  await signInWithKey(staff, key, "/gate");
  await staff.state("choose");
  await look("gate-choose");
  await staff.page.locator("main li button").first().click();
  await staff.state("ready");
  await look("gate-ready");
  await staff.leave();
}

export default async function ({ browser, url, key }) {
  await Promise.all(KINDS.map((kind) => visit(browser, url, key, kind)));
}
