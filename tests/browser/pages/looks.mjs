// Every page in both languages, both themes, 320 and 1,920 pixels: axe finds nothing, nothing is wider than the window (R-U2, R-U9).
import { Fan, Operator, assert } from "./fan.mjs";

const KINDS = [
  { locale: "ko-KR", colorScheme: "light", width: 320, height: 640 },
  { locale: "en-GB", colorScheme: "dark", width: 320, height: 640 },
  { locale: "ko-KR", colorScheme: "dark", width: 1920, height: 1080 },
  { locale: "en-GB", colorScheme: "light", width: 1920, height: 1080 },
];

// `row`: one for each, so that they do not compete.
async function visit(browser, url, { locale, colorScheme, width, height }, row) {
  const fan = await Fan.arrive(browser, url, { locale, colorScheme, viewport: { width, height } });
  const { page } = fan;
  const language = locale.slice(0, 2);
  const look = (state) => fan.looksGood(state, { picture: `${state}-${language}-${colorScheme}-${width}` });
  await fan.go("/");
  assert.equal(await page.evaluate(() => document.documentElement.lang), language);
  await page.locator(".card").first().waitFor();
  await look("events-normal");
  await fan.go("/e/2");
  await page.locator("main .stock li").first().waitFor();
  await look("event-on-sale");
  await fan.toSeats(7);
  await look("buy-open");
  await page.locator(".disclosure").first().click();
  await page.locator(".rows .disclosure").nth(row).click();
  await look("buy-list");
  await page.locator(".rows .seat").first().click();
  await page.locator(".held").waitFor();
  await look("buy-missing");
  await page.locator("#pay").click();
  await fan.state("paid");
  await look("buy-paid");
  await fan.go("/my");
  await page.locator(".ticket .place").first().waitFor();
  await look("my-tickets");
  await fan.leave();
}

// The language is remembered when it is switched.
async function switchLanguage(browser, url) {
  const fan = await Fan.arrive(browser, url);
  await fan.go("/wait/2");
  await fan.page.locator("#language").click();
  await fan.page.waitForFunction(() => document.documentElement.lang === "ko");
  await fan.page.getByText("내 티켓").waitFor();
  await fan.go("/");
  await fan.page.getByRole("heading", { name: "공연", exact: true }).waitFor();
  await fan.leave();
}

// Reduced motion, forced colours, and a window of 1,280 × 900 at 200 %; beside it somebody without.
async function preferences(browser, url, key) {
  const operator = new Operator(url, key);
  const plain = await Fan.arrive(browser, url);
  const fan = await Fan.arrive(browser, url, { reducedMotion: "reduce", forcedColors: "active", viewport: { width: 640, height: 450 } });
  await operator.send("POST", "/admin/events/1/queue/pause", { text: "Soon." });
  for (const one of [plain, fan]) {
    await one.go("/wait/1");
    await one.state("paused");
    await one.page.evaluate(() => document.addEventListener("transitionrun", () => (window.hasMoved = true)));
  }
  await operator.send("POST", "/admin/events/1/queue/resume");
  await Promise.all([plain, fan].map((one) => one.state("turn")));
  await plain.page.waitForFunction(() => window.hasMoved); // the lamp lights slowly
  assert.equal(await fan.page.evaluate(() => window.hasMoved), undefined);
  await fan.fits("the waiting page at 200 %");
  await fan.picture("wait-turn-forced");
  await fan.toSeats(7);
  await fan.page.locator("#find-best").click();
  await fan.page.locator(".held").waitFor();
  await fan.fits("the seat map at 200 %");
  await fan.picture("buy-missing-forced");
  await plain.leave();
  await fan.leave();
}

export default async function ({ browser, url, key }) {
  await preferences(browser, url, key);
  await Promise.all(KINDS.map((kind, row) => visit(browser, url, kind, row)));
  await switchLanguage(browser, url);
}
