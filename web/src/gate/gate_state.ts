// The check-in: which date, what a scan comes to, and the scans' way to the server (R-P9).
import { computed, effect, signal, untracked } from "@preact/signals";
import * as en from "../../i18n/staff.en.json";
import * as ko from "../../i18n/staff.ko.json";
import { type EventDto, Refused, call, send } from "../api/client";
import { asOperator, me } from "../console/session";
import { makeAnnouncer } from "../lib/announce";
import { toHex, randomBytes } from "../lib/bytes";
import { clock } from "../lib/clock";
import { dateTime } from "../lib/format";
import { follow } from "../lib/follow";
import { fill, table } from "../lib/i18n";
import { allowSound, playSound } from "../lib/lamp";
import { common, setOffline } from "../lib/page";
import { read, write } from "../lib/store";
import { bytesOf, fieldsOf, serialOf } from "../lib/ticket_code";
import { type Luggage, keepLuggage, keepScans, keptLuggage, keptScans } from "./kept";
import { type Answered, type Revocations, SENT_AT_ONCE, type Scan, type Verdict, answered, isIn, isWrong, judged, objection, unsent } from "./ledger";
import { type Jwk, isSigned } from "./verify";

export const t = table(ko.gate, en.gate);

const ONLINE_MS = 2_500; // no longer does anybody wait at the door for the server
const SYNC_MS = 8_000;
const SHOWN = 30;
const GOOD_TONES = [660, 880];
const BAD_TONES = [220, 180];

export interface Choice {
  id: number;
  name: string;
  startsAt: string;
  timeZone: string;
}

export const choices = signal<Choice[] | null>(null);
export const luggage = signal<Luggage | null>(null); // of the date that is checked
export const scans = signal<Scan[]>([]); // of all dates
export const verdict = signal<Verdict | null>(null);
export const shown = signal(0); // how many verdicts
export const failure = signal("");
export const refusedHere = signal(0);
export const isOffline = signal(!navigator.onLine);
export const syncedAt = signal<number | null>(null);
export const device = readDevice();

const ofDate = computed(() => scans.value.filter(({ dateId }) => dateId === luggage.value?.dateId));
export const counts = computed(() => ({
  in: ofDate.value.filter(isIn).length,
  refused: refusedHere.value,
  unsent: unsent(scans.value).length,
}));
export const wrong = computed(() => ofDate.value.filter(isWrong));
export const newest = computed(() => ofDate.value.slice(-SHOWN).reverse());

const announcer = makeAnnouncer(2_000);

// Two devices must not share a name: it tells their scans apart.
function readDevice(): string {
  const known = read<string>("device");
  if (known && /^[A-Za-z0-9._-]{1,40}$/.test(known)) return known;
  const made = `gate-${toHex(randomBytes(6))}`;
  write("device", made);
  return made;
}

// --- the date ------------------------------------------------------------------------------------------------------------

async function datesOf(event: EventDto): Promise<Choice[]> {
  const { dates } = await call("getEvent", { path: `/events/${event.id}` });
  return dates.map(({ id, startDate }) => ({ id, name: event.name, startsAt: startDate, timeZone: event.timeZone }));
}

// The dates to choose from, the nearest first; without network those that are kept.
export async function loadChoices(): Promise<void> {
  try {
    const events = await call("listEvents", { path: "/events" });
    choices.value = nearestFirst((await Promise.all(events.map(datesOf))).flat());
    noteNetwork(null);
  } catch (error) {
    noteNetwork(error);
    const kept = await keptLuggage().catch(() => []);
    choices.value = nearestFirst(kept.map(({ dateId, eventName, startsAt, timeZone }) => ({ id: dateId, name: eventName, startsAt, timeZone })));
  }
}

function nearestFirst(list: Choice[]): Choice[] {
  const distance = ({ startsAt }: Choice) => Math.abs(Date.parse(startsAt) - clock.now());
  return list.sort((a, b) => distance(a) - distance(b));
}

export async function chooseDate(choice: Choice): Promise<void> {
  failure.value = "";
  verdict.value = null;
  refusedHere.value = 0;
  const kept = (await keptLuggage().catch(() => [])).find(({ dateId }) => dateId === choice.id);
  if (kept) luggage.value = kept;
  try {
    await pack(choice);
  } catch (error) {
    noteNetwork(error);
    if (!kept) failure.value = error instanceof Refused && error.code === "NETWORK" ? t.notTaken : String(error instanceof Error ? error.message : error);
  }
}

// Takes along what is needed to check without network: keys, revoked tickets, where the seats are.
async function pack(choice: Choice): Promise<void> {
  const [keys, layout, known] = await Promise.all([
    fetchKeys(),
    call("getLayout", { path: `/events/properties/${choice.id}/layout` }),
    asOperator((headers) => send<Revocations>({ path: `/admin/dates/${choice.id}/revoked`, headers })).then(({ data }) => data),
  ]);
  const packed: Luggage = {
    dateId: choice.id, eventName: choice.name, startsAt: choice.startsAt, timeZone: choice.timeZone,
    layout, keys, revoked: known.revoked, usedTwice: known.usedTwice, takenAt: clock.now(),
  };
  luggage.value = packed;
  noteNetwork(null);
  syncedAt.value = clock.now();
  await keepLuggage(packed);
}

// RFC 7517: without the envelope of the API.
async function fetchKeys(): Promise<Jwk[]> {
  const answer = await fetch("/.well-known/jwks.json", { signal: AbortSignal.timeout(ONLINE_MS) }).catch((error: unknown) => {
    throw new Refused("NETWORK", String(error));
  });
  if (!answer.ok) throw new Refused("INTERNAL", `The server has no keys: status ${answer.status}.`, answer.status);
  return ((await answer.json()) as { keys: Jwk[] }).keys;
}

function noteNetwork(error: unknown): void {
  const isAway = error instanceof Refused && error.isPassing;
  isOffline.value = isAway;
  setOffline(isAway);
}

// --- a scan --------------------------------------------------------------------------------------------------------------

function placeOf(seatId: number): string {
  const layout = luggage.value?.layout;
  const section = layout?.sections.find(({ firstSeatId, seats }) => seatId >= firstSeatId && seatId < firstSeatId + seats);
  if (!layout || !section) return "";
  const i = seatId - section.firstSeatId;
  if (section.name === "") return fill(common.seatOnly, { seat: seatId - layout.firstSeatId + 1 });
  return fill(common.seatPlace, { section: section.name, row: Math.floor(i / section.seatsPerRow) + 1, seat: (i % section.seatsPerRow) + 1 });
}

function show(said: Verdict): void {
  verdict.value = said;
  shown.value++;
  playSound(said.kind === "good" ? GOOD_TONES : BAD_TONES);
  if (said.kind !== "good") refusedHere.value++;
  announcer.sayNow([t.verdicts[said.kind], textOfVerdict(said)].filter(Boolean).join(". "));
}

export function textOfVerdict(said: Verdict): string {
  switch (said.kind) {
    case "good":
      return said.place;
    case "used":
      return fill(said.first.device === device ? t.usedHere : t.usedThere, { time: dateTime(said.first.at, luggage.value?.timeZone), device: said.first.device });
    case "other-date": {
      const other = choices.value?.find(({ id }) => id === said.dateId);
      return other ? fill(t.otherDateIs, { name: other.name, time: dateTime(other.startsAt, other.timeZone) }) : "";
    }
    default:
      return t.reasons[said.kind];
  }
}

// One after the other: a camera may read faster than the server answers.
let queue = Promise.resolve();
export function check(text: string): void {
  allowSound();
  queue = queue.then(() => checkNow(text.trim()).catch((error: unknown) => void (failure.value = String(error))));
}

async function checkNow(code: string): Promise<void> {
  const date = luggage.value;
  if (!date || !code) return;
  failure.value = "";
  verdict.value = null; // what is shown is never an earlier ticket's
  const ticket = bytesOf(code);
  const serial = serialOf(code);
  if (!serial) return show({ kind: "unknown" });
  const fields = ticket && fieldsOf(ticket);
  if (fields && fields.date !== date.dateId) return show({ kind: "other-date", dateId: fields.date });
  const against = objection(serial, date, scans.value, device);
  if (against) return show(against);
  const at = new Date(clock.now()).toISOString();
  const place = fields ? placeOf(fields.seat) : "";
  if (me.value && !isOffline.value && (await askServer({ code, isTicket: !!ticket, serial, at, place }))) return;
  if (!ticket) return show({ kind: "unsure" });
  const signed = await isSigned(ticket, date.keys);
  if (signed === null) return show({ kind: "unsure" });
  if (!signed) return show({ kind: "unknown" });
  await letIn({ serial, at, place }, false);
}

interface Checked {
  seatId: number;
}

// False: the server could not say.
async function askServer({ code, isTicket, serial, at, place }: { code: string; isTicket: boolean; serial: string; at: string; place: string }): Promise<boolean> {
  const body = { device, ...(isTicket ? { ticket: code } : { serial }), eventDateId: luggage.value!.dateId, at };
  try {
    const { data } = await asOperator((headers) => send<Checked>({ method: "POST", path: "/admin/check-in", headers, body, timeOutMs: ONLINE_MS }));
    noteNetwork(null);
    await letIn({ serial, at, place: place || placeOf(data.seatId) }, true);
    return true;
  } catch (error) {
    noteNetwork(error);
    if (!(error instanceof Refused)) throw error;
    if (error.code === "TICKET_ALREADY_USED") show({ kind: "used", first: { at: String(error.extra["at"] ?? at), device: String(error.extra["device"] ?? "") } });
    else if (error.code === "TICKET_REVOKED") show({ kind: "revoked" });
    else if (error.code === "TICKET_NOT_FOUND") show({ kind: "unknown" });
    else return false;
    return true;
  }
}

// Kept on the disk before anybody is let in.
async function letIn({ serial, at, place }: Pick<Scan, "serial" | "at" | "place">, isSent: boolean): Promise<void> {
  const scan: Scan = { serial, at, place, dateId: luggage.value!.dateId, isSent, undo: "no", result: "ACCEPTED", first: null };
  await keepScans([scan]);
  scans.value = [...scans.value, scan];
  show({ kind: "good", place, isOffline: !isSent });
}

// Somebody was let in by mistake. Final: this scan never counts again.
export async function undo(scan: Scan): Promise<void> {
  await change([{ ...scan, undo: "unsent" }]);
  verdict.value = null;
  announcer.sayNow(t.undone);
  void sync();
}

async function change(changed: readonly Scan[]): Promise<void> {
  const byKey = new Map(changed.map((scan) => [`${scan.serial} ${scan.at}`, scan]));
  scans.value = scans.value.map((scan) => byKey.get(`${scan.serial} ${scan.at}`) ?? scan);
  await keepScans(changed);
}

// --- sync ----------------------------------------------------------------------------------------------------------------

let isSyncing = false;
export async function sync(): Promise<void> {
  if (isSyncing || !me.value) return;
  isSyncing = true;
  try {
    for (let part = nextPart(); part.length; part = nextPart()) await sendPart(part);
    if (luggage.value) await takeRevoked(luggage.value);
    syncedAt.value = clock.now();
    noteNetwork(null);
  } catch (error) {
    noteNetwork(error);
  } finally {
    isSyncing = false;
  }
}

const nextPart = () => unsent(scans.value).slice(0, SENT_AT_ONCE);

async function sendPart(part: ReturnType<typeof unsent>): Promise<void> {
  const body = { device, scans: part };
  const { data } = await asOperator((headers) => send<{ results: Omit<Answered, "device">[] }>({ method: "POST", path: "/admin/check-in", headers, body }));
  const before = scans.value;
  const after = answered(before, part, data.results);
  await change(after.filter((scan, i) => scan !== before[i]));
}

async function takeRevoked(date: Luggage): Promise<void> {
  const { data } = await asOperator((headers) => send<Revocations>({ path: `/admin/dates/${date.dateId}/revoked`, headers }));
  if (luggage.value?.dateId !== date.dateId) return;
  luggage.value = { ...date, ...data, takenAt: clock.now() };
  await keepLuggage(luggage.value);
  const before = scans.value.filter(({ dateId }) => dateId === date.dateId);
  const after = before.map((scan) => judged(scan, data, device));
  await change(after.filter((scan, i) => scan.result !== before[i]!.result || scan.first?.at !== before[i]!.first?.at));
}

export async function start(): Promise<void> {
  try {
    scans.value = await keptScans();
  } catch {
    failure.value = t.nothingIsKept;
  }
  await loadChoices();
  effect(() => {
    if (!me.value) return undefined;
    return untracked(() => follow(sync, SYNC_MS));
  });
  window.addEventListener("online", () => {
    isOffline.value = false;
    void sync();
  });
  window.addEventListener("offline", () => (isOffline.value = true));
}
