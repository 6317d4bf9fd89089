// What the tests of the pages share: fans, each in a browser profile of their own; calls of the API to compare with; complaints
// of the browser; axe.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TIME_MS = 10_000;

export const launch = (more = []) =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", ...more],
  });

// Lines that a refusal, or a network that the test has cut, leaves in the console.
const EXPECTED = /the server responded with a status of (4\d\d|503)|net::ERR_(INTERNET_DISCONNECTED|FAILED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|NETWORK_CHANGED)/;

export class Fan {
  // `options` are those of a browser context: viewport, locale, colorScheme, hasTouch.
  static async arrive(browser, url, options = {}) {
    const fan = new Fan();
    Object.assign(fan, { browser, url });
    fan.context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, timezoneId: "Asia/Seoul", ...options });
    fan.complaints = [];
    fan.allowed = [url]; // hosts that its pages may call
    await fan.openTab();
    return fan;
  }

  async openTab() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(TIME_MS);
    this.page.on("pageerror", (error) => this.complaints.push(`error in the page: ${error.stack}`));
    this.page.on("console", (line) => {
      if (line.type() === "error" && !EXPECTED.test(line.text())) this.complaints.push(`console: ${line.text()}`);
    });
    this.page.on("request", (request) => {
      if (!this.allowed.some((host) => request.url().startsWith(host))) this.complaints.push(`asks another host: ${request.url()}`);
    });
    return this.page;
  }

  go(path) {
    return this.page.goto(this.url + path);
  }

  // What the browser keeps under this name.
  kept(name) {
    return this.page.evaluate((key) => JSON.parse(localStorage.getItem(`stagedoor.${key}`)), name);
  }

  // A call of the API with the fan's place in that event.
  async asFan(eventId, path, method = "GET", body) {
    const { token } = await this.kept(`place.${eventId}`);
    return call(this.url, path, { method, body, headers: { "queue-token": token } });
  }

  // Waits until the page shows this state of its table.
  async state(...names) {
    await this.page.waitForFunction((wanted) => wanted.includes(document.getElementById("main")?.dataset.state), names);
  }

  async says(text) {
    await this.page.getByText(text).first().waitFor();
  }

  // From the turn to the seat map, which opens by itself after some seconds.
  async chooseSeats() {
    await this.page.getByRole("link", { name: "Choose seats" }).click().catch(() => undefined);
    await this.state("open");
  }

  // From nothing to the seat map.
  async toSeats(eventId) {
    await this.go(`/wait/${eventId}`);
    await this.state("turn");
    await this.go(`/buy/${eventId}`);
    await this.state("open");
    await this.page.locator("#map").waitFor();
    await this.page.locator(".list").waitFor(); // the states of the seats have come
  }

  // What the page was loaded from: name, and bytes as they were sent.
  loaded() {
    return this.page.evaluate(() =>
      [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter((entry) => entry.entryType === "navigation" || entry.name.includes("/assets/"))
        .map((entry) => ({ name: entry.name, bytes: entry.encodedBodySize })),
    );
  }

  // The state that the page shows, in both themes. What does not depend on colours is judged once.
  async look(state) {
    await this.page.emulateMedia({ colorScheme: "light" });
    await this.looksGood(state, { picture: `${state}-light` });
    await this.page.emulateMedia({ colorScheme: "dark" });
    await this.looksGood(state, { picture: `${state}-dark`, rules: ["color-contrast", "link-in-text-block"] });
  }

  // No violation that axe knows of (R-U9), and nothing wider than the window. browser_test.py compares the states that were seen with
  // those of docs/pages.md.
  async looksGood(state, { picture = state, rules = null } = {}) {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(AXE);
    const options = { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}) };
    const { violations } = await this.page.evaluate((chosen) => window.axe.run(document, chosen), options);
    const said = violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(said, [], `axe finds in ${picture}`);
    await this.fits(picture);
    const theme = await this.page.evaluate(() => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
    console.log(`seen ${state} ${theme}`);
    await this.picture(picture);
  }

  async fits(name) {
    const [width, room] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(width <= room, `${name} is ${width} pixels wide in a window of ${room}`);
  }

  // Kept where STAGEDOOR_PICTURES names a folder: to look at.
  async picture(name) {
    const folder = process.env.STAGEDOOR_PICTURES;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    const at = await this.page.evaluate(() => scrollY);
    await this.page.evaluate(() => scrollTo(0, 0)); // what is sticky is where it belongs
    await this.page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    await this.page.evaluate((y) => scrollTo(0, y), at);
  }

  // --- what the server says is changed on its way, until page.unroute(path) ----------------------------------------------------------

  // `change`: gets the data of the real answer.
  changing(path, change) {
    return this.page.route(path, async (route) => {
      const response = await route.fetch().catch(() => null); // null: the page was left
      if (!response) return;
      const { data, ...rest } = await response.json();
      await route.fulfill({ response, json: { ...rest, data: change(data) } }).catch(() => undefined);
    });
  }

  refusing(path, status, code, method) {
    return this.page.route(path, (route) =>
      method && route.request().method() !== method ? route.fallback() : route.fulfill({ status, json: { success: false, code, message: "" } }),
    );
  }

  // Nothing is answered; returns a function that lets it through.
  async holdingBack(path, method) {
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    await this.page.route(path, async (route) => {
      if (method && route.request().method() !== method) return route.fallback();
      await released;
      await route.continue().catch(() => undefined); // the page may have been left
    });
    return async () => {
      release();
      await this.page.unroute(path);
    };
  }

  // The fan's place is what the server says and `changes`; then the page is loaded again. The stream says it once.
  async hears(eventId, changes) {
    const place = { ...(await this.asFan(eventId, "/queue")), ...changes };
    await this.page.unroute("**/queue/stream");
    await this.page.route("**/queue/stream", (route) =>
      route.fulfill({ contentType: "text/event-stream", body: `retry: 600000\n\nevent: status\nid: 1\ndata: ${JSON.stringify(place)}\n\n` }),
    );
    await this.page.reload();
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.complaints, []);
  }
}

export async function call(url, path, { method = "GET", body, headers = {} } = {}) {
  const answer = await fetch(url + path, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const parsed = await answer.json();
  assert.ok(answer.ok, `${method} ${path} answers ${answer.status}: ${JSON.stringify(parsed)}`);
  return parsed.data;
}

export class Operator {
  constructor(url, key) {
    this.url = url;
    this.headers = { Authorization: `Bearer ${key}` };
  }
  send(method, path, body) {
    return call(this.url, path, { method, body, headers: this.headers });
  }
}

// On /console or /gate.
export async function signInWithKey(staff, key, path = "/console") {
  await staff.go(path);
  await staff.page.getByLabel("Operator key").or(staff.page.getByLabel("운영자 키")).fill(key);
  await staff.page.locator("form button").click();
}

// Where a seat is drawn in the window while the whole hall is shown (web/src/map/camera.ts). For straight sections.
export async function pointOfSeat(page, url, dateId, index) {
  const layout = await call(url, `/events/properties/${dateId}/layout`);
  const seats = layout.sections.flatMap((section) =>
    Array.from({ length: section.seats }, (_, i) => [
      section.at[0] + (i % section.seatsPerRow) - (section.seatsPerRow - 1) / 2,
      section.at[1] + Math.floor(i / section.seatsPerRow),
    ]),
  );
  const [xs, ys] = [seats.map(([x]) => x), seats.map(([, y]) => y)];
  const frame = { left: Math.min(...xs) - 1.5, right: Math.max(...xs) + 1.5, top: Math.min(Math.min(...ys) - 4, -1.5), bottom: Math.max(...ys) + 1.5 };
  const box = await page.locator("#map canvas").boundingBox();
  const scale = Math.min(44, box.width / (frame.right - frame.left), box.height / (frame.bottom - frame.top));
  return {
    x: box.x + box.width / 2 + (seats[index][0] - (frame.left + frame.right) / 2) * scale,
    y: box.y + box.height / 2 + (seats[index][1] - (frame.top + frame.bottom) / 2) * scale,
  };
}

export async function tapSeat(fan, dateId, index) {
  await fan.page.locator("#map").scrollIntoViewIfNeeded();
  const { x, y } = await pointOfSeat(fan.page, fan.url, dateId, index);
  await fan.page.mouse.click(x, y);
}

export { assert };
