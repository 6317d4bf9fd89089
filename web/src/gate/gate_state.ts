// The check-in: which date, and what a scan comes to (R-P9). The scans' way to the server is in sync.ts.
import { computed, signal } from "@preact/signals";
import * as en from "../../i18n/staff.en.json";
import * as ko from "../../i18n/staff.ko.json";
import { type EventDto, Refused, call, send } from "../api/client";
import { asOperator, me } from "../console/session";
import { textOf } from "../console/staff";
import { makeAnnouncer } from "../lib/announce";
import { toHex, randomBytes } from "../lib/bytes";
import { clock } from "../lib/clock";
import { dateTime } from "../lib/format";
import { fill, table } from "../lib/i18n";
import { allowSound, playSound } from "../lib/lamp";
import { common, setOffline } from "../lib/page";
import { read, write } from "../lib/store";
import { bytesOf, fieldsOf, serialOf } from "../lib/ticket_code";
import { type Luggage, type Question, dropQuestion, keepEntry, keepLuggage, keepQuestion, keepScans, keptLuggage, keptQuestions, keptScans } from "./kept";
import { type Revocations, type Scan, type Verdict, isIn, isWrong, keyOf, objection, unsent } from "./ledger";
import { type Jwk, isSigned } from "./verify";

export const t = table(ko.gate, en.gate);

const ONLINE_MS = 2_500; // no longer does anybody wait at the door for the server
const KEYS_MS = 15_000;
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
export const isChecking = signal(false);
export const shown = signal(0); // how many verdicts
export const failure = signal("");
export const trouble = signal(""); // why the server did not do what it was asked for last, where that is not the network
export const keepsNothing = signal(false); // the disk fails, or the browser allows no store
export const refusedHere = signal(0);
export const isOffline = signal(!navigator.onLine); // the server cannot answer
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
  failure.value = "";
  try {
    const events = await call("listEvents", { path: "/events" });
    choices.value = nearestFirst((await Promise.all(events.map(datesOf))).flat());
    noteNetwork(null);
  } catch (error) {
    noteNetwork(error);
    failure.value = trouble.value;
    const kept = await keptLuggage().catch(() => []);
    choices.value = nearestFirst(kept.map(({ dateId, eventName, startsAt, timeZone }) => ({ id: dateId, name: eventName, startsAt, timeZone })));
  }
}

function nearestFirst(list: Choice[]): Choice[] {
  const distance = ({ startsAt }: Choice) => Math.abs(Date.parse(startsAt) - clock.now());
  return list.sort((a, b) => distance(a) - distance(b));
}

// The date that was chosen last. Answers about another one come too late.
export const wanted = signal<number | null>(null);

export async function chooseDate(choice: Choice): Promise<void> {
  failure.value = "";
  verdict.value = null;
  refusedHere.value = 0;
  wanted.value = choice.id;
  const kept = (await keptLuggage().catch(() => [])).find(({ dateId }) => dateId === choice.id);
  if (wanted.value !== choice.id) return;
  if (kept) luggage.value = kept;
  try {
    await pack(choice);
  } catch (error) {
    if (wanted.value !== choice.id) return;
    noteNetwork(error);
    failure.value = trouble.value || (kept ? "" : t.notTaken);
    if (!kept) wanted.value = null;
  }
}

export function leaveDate(): void {
  wanted.value = luggage.value = null;
  void loadChoices();
}

// Takes along what is needed to check without network: keys, revoked tickets, where the seats are.
async function pack(choice: Choice): Promise<void> {
  const [keys, layout, known] = await Promise.all([
    fetchKeys(),
    call("getLayout", { path: `/events/properties/${choice.id}/layout` }),
    fetchRevocations(choice.id),
  ]);
  if (wanted.value !== choice.id) return;
  luggage.value = {
    dateId: choice.id, eventName: choice.name, startsAt: choice.startsAt, timeZone: choice.timeZone,
    layout, keys, revoked: known.revoked, usedTwice: known.usedTwice, takenAt: clock.now(),
  };
  noteNetwork(null);
  syncedAt.value = clock.now();
  await keep(keepLuggage(luggage.value));
}

export const fetchRevocations = (dateId: number): Promise<Revocations> =>
  asOperator((headers) => send<Revocations>({ path: `/admin/dates/${dateId}/revoked`, headers })).then(({ data }) => data);

// RFC 7517: without the envelope of the API.
export async function fetchKeys(): Promise<Jwk[]> {
  const answer = await fetch("/.well-known/jwks.json", { cache: "no-cache", signal: AbortSignal.timeout(KEYS_MS) }).catch((error: unknown) => {
    throw new Refused("NETWORK", String(error));
  });
  if (!answer.ok) throw new Refused("INTERNAL", `The server has no keys: status ${answer.status}.`, answer.status);
  return ((await answer.json()) as { keys: Jwk[] }).keys;
}

// What the last call has shown: whether the server can answer, and what is wrong otherwise.
export function noteNetwork(error: unknown): void {
  const isAway = error instanceof Refused && error.code === "NETWORK";
  isOffline.value = error instanceof Refused && error.isPassing;
  trouble.value = error && !isAway ? textOf(error) : "";
  setOffline(isAway);
}

// Without a store the page goes on: what it knows is in its memory.
export async function keep(work: Promise<unknown>): Promise<boolean> {
  keepsNothing.value = !(await work.then(() => true, () => false));
  return !keepsNothing.value;
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
  if (said.kind !== "good") refusedHere.value++;
  announcer.sayNow([t.verdicts[said.kind], textOfVerdict(said)].filter(Boolean).join(". "));
  playSound(said.kind === "good" ? GOOD_TONES : BAD_TONES);
}

export function textOfVerdict(said: Verdict): string {
  switch (said.kind) {
    case "good":
      return said.place;
    case "used":
      return fill(said.first.device === device ? t.usedHere : t.usedThere, { time: dateTime(said.first.at, luggage.value?.timeZone), device: said.first.device });
    case "unsure":
      return t.unsure[said.why];
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
  queue = queue.then(async () => {
    isChecking.value = true;
    await checkNow(text.trim()).catch((error: unknown) => void (failure.value = String(error)));
    isChecking.value = false;
  });
  allowSound();
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
  const at = questions.get(serial) ?? new Date(clock.now()).toISOString();
  const place = fields ? placeOf(fields.seat) : "";
  if (me.value && !isOffline.value && (await askServer({ code, isTicket: !!ticket, serial, at, place }))) return;
  if (!ticket) return show({ kind: "unsure", why: "number" });
  const signed = await isSigned(ticket, date.keys);
  if (signed === null) return show({ kind: "unsure", why: "browser" });
  if (!signed) return show({ kind: "unknown" });
  await letIn({ serial, at, place }, false);
}

// --- a question to the server --------------------------------------------------------------------------------------------

interface Checked {
  seatId: number;
}

// The moments of questions without an answer, by serial: the server may have let them in, as of that moment.
const questions = new Map<string, string>();

async function open({ serial, at }: Question): Promise<void> {
  if (questions.has(serial)) return;
  questions.set(serial, at);
  await keep(keepQuestion({ serial, at }));
}
async function close(serial: string): Promise<void> {
  questions.delete(serial);
  await keep(dropQuestion(serial));
}

// False: the server could not say.
async function askServer({ code, isTicket, serial, at, place }: { code: string; isTicket: boolean; serial: string; at: string; place: string }): Promise<boolean> {
  const body = { device, ...(isTicket ? { ticket: code } : { serial }), eventDateId: luggage.value!.dateId, at };
  await open({ serial, at });
  try {
    const { data } = await asOperator((headers) => send<Checked>({ method: "POST", path: "/admin/check-in", headers, body, timeOutMs: ONLINE_MS }));
    noteNetwork(null);
    await letIn({ serial, at, place: place || placeOf(data.seatId) }, true);
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const said = verdictOf(error, at);
    noteNetwork(said ? null : error);
    if (said) show(said);
    if (said || error.status === 400) await close(serial); // 400: not looked at, and no earlier try was either
    return said !== null;
  }
}

function verdictOf({ code, extra }: Refused, at: string): Verdict | null {
  if (code === "TICKET_ALREADY_USED") return { kind: "used", first: { at: String(extra["at"] ?? at), device: String(extra["device"] ?? "") } };
  if (code === "TICKET_REVOKED") return { kind: "revoked" };
  return code === "TICKET_NOT_FOUND" ? { kind: "unknown" } : null;
}

// Kept on the disk before anybody is let in. Only what the server knows already may be let in without.
async function letIn({ serial, at, place }: Pick<Scan, "serial" | "at" | "place">, isSent: boolean): Promise<void> {
  const scan: Scan = { serial, at, place, dateId: luggage.value!.dateId, isSent, undo: "no", result: "ACCEPTED", first: null };
  if (!(await keep(keepEntry(scan)))) {
    if (!isSent) return show({ kind: "unsure", why: "disk" });
    await dropQuestion(serial).catch(() => undefined);
  }
  questions.delete(serial);
  scans.value = [...scans.value, scan];
  show({ kind: "good", place, isOffline: !isSent });
}

export async function change(changed: readonly Scan[]): Promise<void> {
  if (!changed.length) return;
  const byKey = new Map(changed.map((scan) => [keyOf(scan), scan]));
  scans.value = scans.value.map((scan) => byKey.get(keyOf(scan)) ?? scan);
  await keep(keepScans(changed));
}

// --- what was kept -------------------------------------------------------------------------------------------------------

export async function readKept(): Promise<void> {
  void navigator.storage?.persist?.(); // a full disk must not throw away what was not sent
  const load = async () => {
    scans.value = await keptScans();
    for (const { serial, at } of await keptQuestions()) questions.set(serial, at);
  };
  await keep(load());
}

export const announce = (text: string): void => announcer.sayNow(text);
