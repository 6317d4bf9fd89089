// What the console shows and does: the events, the one that is looked at, the live numbers, and each change with its outcome.
import { computed, effect, signal, untracked } from "@preact/signals";
import * as en from "../../i18n/staff.en.json";
import * as ko from "../../i18n/staff.ko.json";
import { Refused, type Schemas, changesAreKnown } from "../api/client";
import { makeAnnouncer } from "../lib/announce";
import { clock } from "../lib/clock";
import { follow } from "../lib/follow";
import { table } from "../lib/i18n";
import { setOffline } from "../lib/page";
import { openStream } from "../lib/stream";
import type { Cancellation, LiveDocument, LiveEvent } from "./calls";
import { History, Minute } from "./live_numbers";
import { authorization, me, read, readAs } from "./session";
import { textOf } from "./staff";

export const t = table(ko.console, en.console);

export type AdminEvent = Schemas["AdminEventDto"] & { id: number };
export type AdminDate = Schemas["DateDocument"] & { id: number; seats_left?: number; seats_total?: number; cancelled?: Cancellation | null };

const EVENTS_AGAIN_MS = 5_000;
const STREAM_AGAIN_MS = 1_000;
const BACK_OFF_MAX_MS = 10_000;
const LATE_MS = 5_000; // without a live document: the numbers are said to be old
const NOTICE_MS = 1_000;
const BEHIND_MS = 1_500; // an instance that is so far behind says so

export const TABS = ["sale", "event", "seats", "find", "log", "server"] as const;
export type Tab = (typeof TABS)[number];

export const events = signal<AdminEvent[] | null>(null);
export const live = signal<LiveDocument | null>(null);
export const histories = new Map<number, History>();
export let minute = new Minute();
export const now = signal(clock.now());
export const notice = signal<{ kind: "go" | "stop"; text: string; details: string[] } | null>(null);
export const busy = signal(false);
// The last call that could not be answered: the server is not there, or its store is not.
const refused = signal<"network" | "store" | null>(null);
const heardAt = signal(0);

// "#7/queue": the event and the tab that are looked at.
const hash = signal(location.hash);
let toldAt = 0;
window.addEventListener("hashchange", () => {
  hash.value = location.hash;
  if (performance.now() - toldAt > NOTICE_MS) notice.value = null; // it was about another page
});
const parts = computed(() => /^#(\d*)\/?(\w*)/.exec(hash.value) ?? ["", "", ""]);
export const tab = computed<Tab>(() => TABS.find((one) => one === parts.value[2]) ?? "sale");
export const isNew = computed(() => parts.value[2] === "new");
export const event = computed<AdminEvent | null>(() => {
  const all = events.value ?? [];
  const wanted = Number(parts.value[1]);
  if (wanted) return all.find((one) => one.id === wanted) ?? null;
  return all.find((one) => one.status === "ON_SALE") ?? all.find((one) => one.status === "UPCOMING") ?? all[0] ?? null;
});
export const liveEvent = computed<LiveEvent | null>(() => live.value?.events.find((one) => one.eventId === event.value?.id) ?? null);
export const zone = computed(() => event.value?.time_zone ?? "Asia/Seoul");
// What is wrong with what the page shows, the gravest first.
export const trouble = computed<"network" | "store" | "behind" | "late" | null>(() => {
  const instance = live.value?.instance;
  if (refused.value === "network") return "network";
  if (refused.value === "store" || instance?.storeAway) return "store";
  if (heardAt.value > 0 && now.value - heardAt.value > LATE_MS) return "late";
  return instance && instance.behindMs > BEHIND_MS ? "behind" : null;
});
export const lastHeard = computed(() => heardAt.value);

export const pathTo = (to: Tab | "new", eventId = event.value?.id) => `#${eventId ?? ""}/${to}`;
export function goTo(to: Tab, eventId?: number): void {
  location.hash = pathTo(to, eventId);
}

const announcer = makeAnnouncer(2_000);

export function tell(kind: "go" | "stop", text: string, details: string[] = []): void {
  notice.value = { kind, text, details };
  toldAt = performance.now();
  announcer.sayNow([text, ...details].join(" "));
}

export const announce = (text: string): void => announcer.sayNow(text);

function detailsOf(error: unknown): string[] {
  const details = error instanceof Refused ? error.extra["details"] : undefined;
  return Array.isArray(details) ? (details as { path: string; message: string }[]).map(({ path, message }) => (path ? `${path}: ${message}` : message)) : [];
}

function noteTrouble(error: unknown): void {
  if (!(error instanceof Refused)) return;
  if (error.code === "NETWORK") refused.value = "network";
  else if (error.code === "STORE_UNAVAILABLE") refused.value = "store";
  setOffline(error.code === "NETWORK" && !navigator.onLine);
}

// Makes a change, says what came of it, and loads the events again, whatever came. True: it was made. `unknown`: what to do where the
// outcome is not known, if looking at the page does not tell.
export async function act(work: () => Promise<string>, unknown = ""): Promise<boolean> {
  if (busy.value) return false;
  busy.value = true;
  notice.value = null;
  try {
    tell("go", await work());
    return true;
  } catch (error) {
    noteTrouble(error);
    const isUnknown = error instanceof Refused && error.isUnknown;
    tell("stop", (isUnknown && unknown) || textOf(error), detailsOf(error));
    return false;
  } finally {
    busy.value = false;
    void loadEvents();
  }
}

export async function loadEvents(): Promise<void> {
  try {
    events.value = (await read("adminListEvents", "/admin/events")) as AdminEvent[];
    refused.value = null;
    if (!busy.value) changesAreKnown();
  } catch (error) {
    noteTrouble(error);
  }
}

function heardLive(frame: LiveDocument): void {
  live.value = frame;
  heardAt.value = now.value = clock.now();
  if (refused.value === "network") refused.value = null;
  setOffline(false);
  minute.add(Date.parse(frame.at), frame.instance);
  for (const one of frame.events) {
    const history = histories.get(one.eventId) ?? new History();
    histories.set(one.eventId, history);
    history.add(Date.parse(frame.at), one);
  }
}

// Follows the stream of the live numbers; while it cannot be had, asks for them instead.
function followLive(): () => void {
  let close: (() => void) | null = null;
  let timer = 0;
  let failures = 0;
  const open = () => {
    close = openStream("/admin/live/stream", authorization(), {
      open: () => (failures = 0),
      event: ({ name, data }) => name === "live" && heardLive(JSON.parse(data) as LiveDocument),
      end: (_, retryMs) => {
        failures++;
        const wait = failures === 1 ? retryMs ?? STREAM_AGAIN_MS : Math.min(BACK_OFF_MAX_MS, STREAM_AGAIN_MS * 2 ** (failures - 1));
        timer = window.setTimeout(open, wait * (0.75 + Math.random() / 2));
        void readAs<LiveDocument>("/admin/live").then(heardLive, noteTrouble); // a key that is not accepted any more ends here
      },
    });
  };
  open();
  return () => {
    window.clearTimeout(timer);
    close?.();
  };
}

export function start(): void {
  effect(() => {
    if (!me.value || me.value.role === "gate") return undefined;
    const stops = untracked(() => [follow(loadEvents, EVENTS_AGAIN_MS), followLive()]);
    return () => stops.forEach((stop) => stop());
  });
  effect(() => {
    if (me.value) return;
    events.value = null;
    live.value = null;
    heardAt.value = 0;
    histories.clear();
    minute = new Minute();
    refused.value = null;
  });
}
