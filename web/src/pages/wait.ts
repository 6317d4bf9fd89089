// The waiting page (R-U4): takes a place in the line, or finds the one this browser has, and follows it until the turn. No
// framework: the page stays open for hours on small phones.
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { type QueuePlace, Refused, call, change, sleep } from "../api/client";
import { SignInNeeded, byPlace, goToSignIn, joining, places, proofRefused, signIn } from "../api/identity";
import { makeAnnouncer } from "../lib/announce";
import { clock, everySecond } from "../lib/clock";
import { time } from "../lib/format";
import { fill, table, translatePage } from "../lib/i18n";
import { allowSound, playSound, setLamp } from "../lib/lamp";
import { common, eventOfPath, refusalText, startPage } from "../lib/page";
import { PlaceFeed } from "../lib/place_feed";
import { forget } from "../lib/store";
import { type Trouble, isInLine, joinDelay, kindOf, opensAt } from "./wait_state";
import { type Model, WaitView } from "./wait_view";

const t = table(ko.waiting, en.waiting);
const SPEAK_MS = 10_000;
const OPEN_AFTER_MS = 4_000;
const LONG_AWAY_MS = 60_000; // about when a waiting person counts as absent

const id = eventOfPath();
const model: Model = {
  place: null, event: null, room: null, draw: null, trouble: null, reason: "", lostAt: null, heardAt: null, wasAway: false,
  first: null, wantsNotice: false, isLeaving: false, needsSignIn: false,
};
let feed: PlaceFeed | null = null;
let openTimer = 0;
let joinTimer = 0;

translatePage({ common, waiting: t });
startPage();
const announcer = makeAnnouncer(SPEAK_MS);
const view = new WaitView(id, {
  leave: () => void leave(),
  rejoin: () => void rejoin(),
  signIn: () => void goToSignIn().catch(refused),
  again: () => void start(),
  notify: () => void askForNotice(),
  open: openMap,
});

function show(): void {
  view.show(model, clock.now());
}

// --- the line ---------------------------------------------------------------------------------------------------------

async function start(): Promise<void> {
  setTrouble(null);
  void loadEvent();
  const kept = places.read(id);
  if (!kept) return join();
  model.first = kept.first;
  follow(kept.token);
}

async function loadEvent(): Promise<void> {
  try {
    model.event = await call("getEvent", { path: `/events/${id}` });
    if (model.event.rules?.drawn) model.draw = await call("getDraw", { path: `/queue/draw/${id}` }).catch(() => null);
  } catch (error) {
    if (error instanceof Refused && error.code === "EVENT_NOT_FOUND") return setTrouble("no-event");
    await sleep(5000);
    return loadEvent();
  }
  show();
}

async function loadRoom(): Promise<void> {
  if (document.hidden || !isInLine(kindOf(model.place, model.trouble))) return;
  model.room = await call("getRoom", { path: `/queue/public/${id}` }).catch(() => model.room);
  if (model.event?.rules?.drawn && !model.draw?.drawnAt) model.draw = await call("getDraw", { path: `/queue/draw/${id}` }).catch(() => model.draw);
  show();
}

async function join(): Promise<void> {
  window.clearTimeout(joinTimer);
  setTrouble(null);
  try {
    const { headers, userId } = await joining();
    const place = await call("joinQueue", { method: "POST", path: "/queue", headers, body: { eventId: id, ...(userId ? { userId } : {}) } });
    places.write(id, { token: place.token, first: null });
    model.first = null;
    take(place);
    follow(place.token);
  } catch (error) {
    await joinRefused(error);
  }
}

async function joinRefused(error: unknown): Promise<void> {
  if (error instanceof SignInNeeded) return setTrouble("sign-in");
  if (!(error instanceof Refused)) return refused(error);
  if (error.code === "EVENT_NOT_FOUND") return setTrouble("no-event");
  if (error.code === "EVENT_NOT_ON_SALE") return waitForOpening(error);
  if (error.status === 401 && (await proofRefused().catch(() => false))) return setTrouble("sign-in");
  refused(error);
  if (error.isPassing) joinTimer = window.setTimeout(() => void join(), Math.max(error.retryAfterMs, 2000) * (1 + Math.random()));
}

async function waitForOpening(error: Refused): Promise<void> {
  const event = await call("getEvent", { path: `/events/${id}` }).catch(() => null);
  if (!event) return refused(error);
  model.event = event;
  if (event.status === "CLOSED") return setTrouble("over");
  setTrouble("not-open");
  joinTimer = window.setTimeout(() => void join(), joinDelay(opensAt(event) - clock.now(), error.retryAfterMs, Math.random()));
}

function refused(error: unknown): void {
  model.reason = refusalText(error);
  setTrouble("refused");
}

function setTrouble(trouble: Trouble): void {
  model.trouble = trouble;
  show();
}

function follow(token: string): void {
  feed?.stop();
  feed = new PlaceFeed(token, {
    place: take,
    heard: () => {
      if (model.lostAt !== null) foundAgain(clock.now() - model.lostAt);
      model.lostAt = null;
      model.heardAt = clock.now();
    },
    lost: () => {
      if (model.lostAt === null) announcer.sayNow(fill(t.lost, { time: time(clock.now()) }));
      model.lostAt ??= model.heardAt ?? clock.now();
      show();
    },
    invalid: () => setTrouble("invalid"),
  });
}

function foundAgain(awayMs: number): void {
  announcer.sayNow(t.back);
  model.wasAway = awayMs > LONG_AWAY_MS;
  window.setTimeout(() => (model.wasAway = false), 30_000);
}

// --- news of the place -------------------------------------------------------------------------------------------------

function take(place: QueuePlace): void {
  const before = model.place;
  model.place = place;
  model.heardAt = clock.now();
  const kind = kindOf(place, model.trouble);
  if (typeof place.position === "number" && (model.first === null || place.position > model.first)) model.first = place.position;
  places.write(id, { token: place.token, first: model.first, ...(place.status === "EXPIRED" ? { ended: place.reason ?? "TURN_OVER" } : {}) });
  setLamp(kind === "turn");
  if (!model.room) void loadRoom();
  if (place.status !== before?.status) statusChanged(place, before);
  show();
  const said = view.spoken(model);
  if (said) announcer.say(said);
}

function statusChanged(place: QueuePlace, before: QueuePlace | null): void {
  window.clearTimeout(openTimer);
  if (place.status === "ACTIVATED") {
    if (before) announceTurn(); // a page that was opened during the turn makes no noise
    openTimer = window.setTimeout(openWhenSeen, OPEN_AFTER_MS);
  } else if (place.status === "EXPIRED") {
    feed?.stop();
    announcer.sayNow(view.heading(kindOf(place, model.trouble)));
  }
}

function announceTurn(): void {
  announcer.sayNow(t.turnHeading);
  if (!model.wantsNotice) return;
  playSound();
  if ("Notification" in window && Notification.permission === "granted") {
    try {
      new Notification(fill(t.notification, { event: model.event?.name ?? "" }), { tag: `stagedoor-${id}`, requireInteraction: true });
    } catch {
      // phones allow it in service workers only
    }
  }
}

function openWhenSeen(): void {
  if (!document.hidden) return openMap();
  document.addEventListener("visibilitychange", () => document.hidden || openMap(), { once: true });
}

function openMap(): void {
  if (model.place?.status === "ACTIVATED") location.assign(`/buy/${id}`);
}

// --- what the fan does --------------------------------------------------------------------------------------------------

async function askForNotice(): Promise<void> {
  allowSound();
  model.wantsNotice = true;
  show();
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission().catch(() => undefined);
  show();
}

async function leave(): Promise<void> {
  if (!model.place) return;
  try {
    const left = await change("leaveQueue", { method: "DELETE", path: "/queue", headers: byPlace(model.place.token) });
    take({ ...model.place, ...left, pollAfterMs: model.place.pollAfterMs });
    view.focusHeading();
  } catch (error) {
    announcer.sayNow(refusalText(error));
  }
}

async function rejoin(): Promise<void> {
  forget(`place.${id}`);
  model.place = null;
  await join();
  view.focusHeading();
}

// The ID token has to live until the turn (R-U12).
async function renewProof(): Promise<void> {
  if (!isInLine(kindOf(model.place, model.trouble))) return;
  const provider = await signIn().catch(() => null);
  const needed = provider !== null && (await provider.proof()) === null;
  if (needed === model.needsSignIn) return;
  model.needsSignIn = needed;
  if (needed) announcer.sayNow(t.renewHeading);
  show();
}

// Another tab with the same line says so, and this one answers.
function meetOtherTabs(): void {
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel(`stagedoor.wait.${id}`);
  channel.onmessage = (message) => {
    view.showSecondTab();
    if (message.data === "hello") channel.postMessage("here");
  };
  channel.postMessage("hello");
}

everySecond(show);
setInterval(() => void loadRoom(), 5_000);
setInterval(() => void renewProof(), 30_000);
window.addEventListener("pageshow", (event) => event.persisted && void start());
meetOtherTabs();
void start().then(() => loadRoom());
