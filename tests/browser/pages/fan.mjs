// What the tests of the pages share: fans, each in a browser profile of their own; calls of the API to compare with; complaints
// of the browser; axe.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const TIME_MS = 10_000;

export const launch = () =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });

// Lines that a refusal, or a network that the test has cut, leaves in the console.
const EXPECTED = /the server responded with a status of (4\d\d|503)|net::ERR_(INTERNET_DISCONNECTED|FAILED|CONNECTION_REFUSED|NETWORK_CHANGED)/;

export class Fan {
  // `options` are those of a browser context: viewport, locale, colorScheme, hasTouch.
  static async arrive(browser, url, options = {}) {
    const fan = new Fan();
    fan.url = url;
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

  // No violation that axe knows of (R-U9), and nothing wider than the window.
  async looksGood(name) {
    if (!(await this.page.evaluate(() => "axe" in window))) {
      await this.page.evaluate((await import("node:fs")).readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    }
    const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    const said = violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(said, [], `axe finds in ${name}`);
    const [width, room] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(width <= room, `${name} is ${width} pixels wide in a window of ${room}`);
    await this.picture(name);
  }

  // Kept where STAGEDOOR_PICTURES names a folder: to look at.
  async picture(name) {
    const folder = process.env.STAGEDOOR_PICTURES;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
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
