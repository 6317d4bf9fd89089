// node bench/web.mjs PART URL OPTIONS: what the pages for fans cost a browser, measured in Chromium (R-U10), as JSON. Run by
// ./x bench web, which starts the server with the events of web_rows.py. OPTIONS are JSON.
import { Fan, launch } from "../tests/browser/pages/fan.mjs";
import { growth, somebodyInside } from "../tests/browser/pages/memory.mjs";

const ARENA = 1; // the event with 15,000 seats
const CHANGES = 20;
const PHONE = { width: 390, height: 844 };

const [part, url, options] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What Chromium traces while `work` goes on, in the order of time. µs.
async function traced(browser, work) {
  const events = [];
  const session = await browser.newBrowserCDPSession();
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["viz", "blink.user_timing"] } });
  await work();
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return events.sort((a, b) => a.ts - b.ts);
}
const isFrame = ({ name }) => name === "Display::DrawAndSwap";
const mark = (events, wanted) => events.find(({ name, cat }) => name === wanted && cat.includes("blink.user_timing"));

// The waiting page, loaded with nothing cached by a processor that is four times slower.
async function waiting(browser, { loads }) {
  const inside = await somebodyInside(browser, url);
  const found = { firstPaintMs: [], bytes: 0 };
  for (let i = 0; i < loads; i++) {
    const fan = await Fan.arrive(browser, url, { viewport: PHONE });
    const session = await fan.context.newCDPSession(fan.page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await fan.go("/wait/2");
    await fan.state("waiting", "near");
    found.firstPaintMs.push(await fan.page.evaluate(() => performance.getEntriesByName("first-paint")[0].startTime));
    found.bytes = (await fan.loaded()).reduce((sum, { bytes }) => sum + bytes, 0);
    await fan.leave();
  }
  await inside.leave();
  return found;
}

// From the click until the seats, as they are, have been drawn.
async function firstPaint(browser, fan, eventId) {
  let startedMs = 0;
  const events = await traced(browser, async () => {
    await fan.go(`/buy/${eventId}`);
    startedMs = await (await fan.page.waitForFunction(() => performance.getEntriesByName("seats")[0]?.startTime)).jsonValue();
    await sleep(300);
  });
  const painted = mark(events, "seats");
  const frame = events.find((event) => isFrame(event) && event.ts >= painted.ts);
  return startedMs + (frame.ts + (frame.dur ?? 0) - painted.ts) / 1000;
}

// Frames a second while the map is drawn to and fro.
async function panning(browser, fan, seconds) {
  const { page } = fan;
  const box = await page.locator("#map canvas").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const radius = Math.min(box.width, box.height) / 3;
  const events = await traced(browser, async () => {
    await page.mouse.move(x + radius, y);
    await page.mouse.down();
    await page.mouse.move(x + radius, y + 10);
    await page.evaluate(() => performance.mark("pan-begin"));
    const begin = performance.now();
    for (let turn = 0; performance.now() - begin < seconds * 1000; ) {
      turn = (performance.now() - begin) / 300;
      await page.mouse.move(x + radius * Math.cos(turn), y + radius * Math.sin(turn));
    }
    await page.evaluate(() => performance.mark("pan-end"));
    await page.mouse.up();
  });
  const [from, to] = [mark(events, "pan-begin").ts, mark(events, "pan-end").ts];
  return events.filter((event) => isFrame(event) && event.ts >= from && event.ts < to).length / ((to - from) / 1e6);
}

// A map, at its first sight and zoomed in by three and by six steps: from bitmaps, and seat by seat.
async function map(browser, { eventId, viewport, seconds, loads }) {
  const found = { firstPaintMs: [], framesPerSecond: [] };
  for (let i = 0; i < loads; i++) {
    const fan = await Fan.arrive(browser, url, { viewport });
    await fan.go(`/wait/${eventId}`);
    await fan.state("turn");
    found.firstPaintMs.push(await firstPaint(browser, fan, eventId));
    if (i === 0) {
      await fan.page.locator("#map").evaluate((element) => element.scrollIntoView({ block: "center" }));
      for (let level = 0; level < 2; level++) {
        for (let click = 0; click < 3; click++) await fan.page.getByRole("button", { name: "Zoom in" }).click();
        await sleep(500);
        found.framesPerSecond.push(await panning(browser, fan, seconds));
      }
    }
    await fan.leave();
  }
  return found;
}

// From the sending of a hold until another fan's page shows one seat less.
async function change(browser) {
  const [watching, holding] = [await Fan.arrive(browser, url), await Fan.arrive(browser, url)];
  await watching.toSeats(ARENA);
  await holding.toSeats(ARENA);
  const { userId } = await holding.asFan(ARENA, "/users/me");
  const { data } = await (await fetch(`${url}/events/${ARENA}`)).json();
  const layout = await (await fetch(`${url}/events/properties/${data.dates[0].id}/layout`)).json();
  // When the list says something else than `before`; without it what the list says.
  const shown = (before) => {
    const text = [...document.querySelectorAll(".list .section > button .muted")].map((element) => element.innerText).join();
    return before === undefined ? text : text !== before && performance.timeOrigin + performance.now();
  };
  const seenMs = [];
  for (let i = 0; i < CHANGES; i++) {
    await sleep(200);
    const before = await watching.page.evaluate(shown);
    const seen = watching.page.waitForFunction(shown, before, { polling: "raf" });
    const sent = performance.timeOrigin + performance.now();
    await holding.asFan(ARENA, "/events/seats", "POST", { seatId: layout.data.firstSeatId + 40 * i, userId });
    seenMs.push((await (await seen).jsonValue()) - sent);
  }
  await watching.leave();
  await holding.leave();
  return { seenMs };
}

async function memory(browser, { minutes }) {
  const inside = await somebodyInside(browser, url);
  const found = await growth(browser, url, { minutes });
  await inside.leave();
  return found;
}

const browser = await launch();
try {
  const found = await { waiting, map, change, memory }[part](browser, JSON.parse(options));
  console.log(JSON.stringify({ chromium: browser.version(), ...found }));
} finally {
  await browser.close();
}
