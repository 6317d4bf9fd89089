// An hour of waiting leaves nothing behind in the page (R-U10). The hour passes in seconds: the page's clock is run, and a stream of the
// test's own says every second what a server would. ./x bench web takes the whole hour, the tests some minutes.
import { Fan, assert } from "./fan.mjs";

const STEP_SECONDS = 10;
const WARM_UP_MINUTES = 5; // until what is made once is made, and functions are compiled

// In the page: its stream, and time-outs of calls, which Playwright's clock does not run.
function ownStream() {
  const { fetch } = window;
  window.fetch = (url, init) => {
    if (!String(url).includes("/queue/stream")) return fetch(url, init);
    return Promise.resolve(new Response(new ReadableStream({ start: (controller) => void (window.ownStream = controller) })));
  };
  AbortSignal.timeout = (ms) => {
    const timeOut = new AbortController();
    setTimeout(() => timeOut.abort(), ms);
    return timeOut.signal;
  };
}

// In the page: what a stream says in so many seconds.
function hear({ place, from, seconds, leaks }) {
  const bytes = new TextEncoder();
  for (let i = 0; i < seconds; i++) {
    const text = `id: ${from - i}\nevent: status\ndata: ${JSON.stringify({ ...place, position: from - i })}\n\n`;
    window.ownStream.enqueue(bytes.encode(text));
    if (leaks) (window.kept ??= []).push(text + Math.random(), document.createElement("p"));
  }
  window.ownStream.enqueue(bytes.encode(": beat\n\n"));
}

async function kept(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { kilobytes: of("JSHeapUsedSize") / 1024, nodes: of("Nodes"), listeners: of("JSEventListeners") };
}

// How much more the waiting page keeps after so many minutes. One person is inside event 2, which has room for one.
export async function growth(browser, url, { minutes, leaks = false }) {
  const fan = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 } });
  const { page } = fan;
  await page.addInitScript(ownStream);
  await page.clock.install();
  await fan.go("/wait/2");
  await fan.state("waiting", "near");
  const place = { ...(await fan.asFan(2, "/queue")), behind: 5000, estimatedWaitSeconds: 900, estimatedWaitLow: 600, estimatedWaitHigh: 1200 };
  let from = 1_000_000;
  const pass = async (seconds) => {
    for (const last = from - seconds; from > last; from -= STEP_SECONDS) {
      await page.evaluate(hear, { place, from, seconds: STEP_SECONDS, leaks });
      await page.clock.runFor(STEP_SECONDS * 1000);
    }
  };
  await pass(WARM_UP_MINUTES * 60);
  const before = await kept(page);
  await pass(minutes * 60);
  const after = await kept(page);
  assert.equal(await page.locator("#number").innerText(), (from + 1).toLocaleString("en"), "the page has heard all of it");
  await fan.leave();
  return { before, more: Object.fromEntries(Object.keys(before).map((name) => [name, after[name] - before[name]])) };
}

export async function somebodyInside(browser, url) {
  const first = await Fan.arrive(browser, url);
  await first.go("/wait/2");
  await first.state("turn");
  return first;
}

export const KILOBYTES_MAX = 200;
const isKept = ({ more }) => more.kilobytes > KILOBYTES_MAX || more.nodes > 20 || more.listeners > 5;

export default async function ({ browser, url }) {
  const first = await somebodyInside(browser, url);
  const found = await growth(browser, url, { minutes: 10 });
  console.log(JSON.stringify(found));
  assert.ok(!isKept(found), `ten minutes of waiting leave ${JSON.stringify(found.more)}`);
  const leaking = await growth(browser, url, { minutes: 10, leaks: true });
  assert.ok(isKept(leaking), `a page that keeps what it hears is noticed: ${JSON.stringify(leaking.more)}`);
  await first.leave();
}
