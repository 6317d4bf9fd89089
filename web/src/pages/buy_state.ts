// The visit: seats, holds, money, and what the server says to each step. The elements are in buy.tsx and its panels.
import { computed, signal } from "@preact/signals";
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { type EventDate, type EventWithDates, type QueuePlace, Refused, type Reservation, call, change, changesAreKnown, send } from "../api/client";
import { SignInNeeded, asOwner, byPlace, byTurn, clientSettings, guest, places, proofRefused } from "../api/identity";
import { makeAnnouncer } from "../lib/announce";
import { clock } from "../lib/clock";
import { money, span } from "../lib/format";
import { fill, table } from "../lib/i18n";
import { setLamp } from "../lib/lamp";
import { common, eventOfPath, refusalText, setOffline } from "../lib/page";
import { Hall } from "../map/hall";
import type { SeatMapHandle } from "../map/seat_map";
import { SeatStates } from "../map/seat_states";
import { SeatFeed } from "./seat_feed";

export const t = table(ko.buy, en.buy);
const SPEAK_MS = 2_000;

export type Phase = "loading" | "open" | "no-turn" | "turn-over" | "sign-in" | "paid" | "no-event" | "failed";
export interface Notice {
  kind: "stop" | "go" | "plain";
  text: string;
  heading?: string;
  seats?: number[]; // to choose instead
  date?: number; // to open once more
}
export interface SeatsOfDate {
  date: EventDate;
  hall: Hall;
  states: SeatStates;
}

export const id = eventOfPath();
export const phase = signal<Phase>("loading");
export const event = signal<EventWithDates | null>(null);
export const place = signal<QueuePlace | null>(null);
export const seats = signal<SeatsOfDate | null>(null);
export const seatsVersion = signal(0); // rises when a seat has another state
export const isStale = signal(false);
export const holds = signal<Reservation[]>([]);
export const bought = signal<Reservation[]>([]);
export const balance = signal<number | null>(null);
export const usersMayCharge = signal(true);
export const notice = signal<Notice | null>(null);
export const busy = signal<"" | "hold" | "best" | "topping-up" | "paying" | "giving-back">("");
export const party = signal(2);
export const now = signal(clock.now());
export const failure = signal("");

export const total = computed(() => holds.value.reduce((sum, hold) => sum + hold.price, 0));
export const missing = computed(() => (balance.value === null ? 0 : Math.max(0, total.value - balance.value)));
export const holdEnds = computed(() => Math.min(...holds.value.map((hold) => Date.parse(hold.expiresAt))));
export const seatsMax = computed(() => event.value?.rules?.seatsPerUser ?? 4);
// Never more than a hold lasts: the server's clock is known to half a second.
export const holdLeft = computed(() => Math.min(holdEnds.value - now.value, (event.value?.rules?.holdSeconds ?? Infinity) * 1000));
// How many more this fan may have; seats bought before count, too.
export const seatsMore = computed(() => Math.max(0, seatsMax.value - holds.value.length - bought.value.length));

let announcer: ReturnType<typeof makeAnnouncer>;
let feed: SeatFeed | null = null;
let map: SeatMapHandle | null = null;
let token = "";

export function setMap(handle: SeatMapHandle | null): void {
  map = handle;
}
export function say(text: string): void {
  announcer.say(text);
}
export function sayNow(text: string): void {
  announcer.sayNow(text);
}
function tell(told: Notice): void {
  notice.value = told;
  announcer.sayNow([told.heading, told.text].filter(Boolean).join(". "));
}

// --- names -----------------------------------------------------------------------------------------------------------

export function placeName(hall: Hall, seat: number): string {
  const at = hall.placeOf(seat);
  return at.section.name === "" ? fill(common.seatOnly, { seat: at.seat }) : fill(common.seatPlace, { section: at.section.name, row: at.row, seat: at.seat });
}

export function nameOfHold(hold: Reservation): string {
  const known = seats.value;
  const index = known && known.date.id === hold.eventDateId ? known.hall.indexOf(hold.seatId) : null;
  return known && index !== null ? placeName(known.hall, index) : fill(common.seatOnly, { seat: hold.seatNumber });
}

export function priceOf(category: number): number {
  const of = seats.value;
  const name = of?.hall.layout.categories[category];
  return of?.date.prices.find((price) => price.category === name)?.price ?? 0;
}

export function speakSeat(seat: number): void {
  const of = seats.value;
  if (!of) return;
  const { category } = of.hall.sectionOf(seat);
  const state = of.states.isMine(seat) ? t.yours : of.states.isFree(seat) ? t.free : t.taken;
  const values = { place: placeName(of.hall, seat), category: of.hall.layout.categories[category] ?? "", price: money(priceOf(category)), state };
  announcer.sayNow(fill(t.seatSpoken, values));
}

// --- coming in --------------------------------------------------------------------------------------------------------

export async function start(): Promise<void> {
  announcer ??= makeAnnouncer(SPEAK_MS);
  try {
    await comeIn();
    setOffline(false);
  } catch (error) {
    if (error instanceof SignInNeeded) phase.value = "sign-in";
    else if (error instanceof Refused && error.code === "EVENT_NOT_FOUND") phase.value = "no-event";
    else fail(error);
  }
}

export function fail(error: unknown): void {
  if (error instanceof Refused && error.code === "NETWORK") setOffline(true);
  failure.value = refusalText(error);
  phase.value = "failed";
}

async function comeIn(): Promise<void> {
  event.value = await call("getEvent", { path: `/events/${id}` });
  const settings = await clientSettings();
  usersMayCharge.value = settings.chargeBy === "user";
  if (settings.authMode === "token") guest();
  const kept = places.read(id);
  if (!kept) {
    phase.value = "no-turn";
    return;
  }
  token = kept.token;
  await Promise.all([loadPlace(), loadHolds(), loadBalance()]);
  if (!place.value || phase.value === "turn-over" || phase.value === "no-turn" || phase.value === "paid") return;
  setLamp(true);
  phase.value = "open";
  party.value = Math.max(1, Math.min(2, seatsMore.value));
  const wanted = holds.value[0]?.eventDateId ?? Number(new URLSearchParams(location.search).get("date"));
  const dates = event.value.dates.filter((date) => date.bookable || date.id === holds.value[0]?.eventDateId);
  const date = dates.find((one) => one.id === wanted) ?? dates[0];
  if (date) await openDate(date.id);
}

export async function loadPlace(): Promise<void> {
  try {
    place.value = await call("getPlace", { path: "/queue", headers: byPlace(token) });
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    endVisit("no-turn");
    return;
  }
  const { status, reason } = place.value;
  if (status === "CREATED") endVisit("no-turn");
  else if (status === "EXPIRED") endVisit(reason === "PAID" ? "paid" : "turn-over", reason ?? "TURN_OVER");
}

function endVisit(to: Phase, reason?: string): void {
  opening++;
  feed?.stop();
  feed = null;
  setLamp(false);
  const kept = places.read(id);
  if (kept && reason) places.write(id, { ...kept, ended: reason });
  if (phase.value !== to && to === "turn-over" && phase.value === "open") announcer.sayNow(t.turnOverHeading);
  phase.value = to;
}

export async function loadHolds(): Promise<void> {
  const mine = await asOwner((headers) =>
    send<Reservation[]>({ path: "/users/me/reservations?limit=200", headers }).then((answer) => answer.data),
  );
  const here = mine.filter((one) => one.eventId === id);
  setHolds(here.filter((one) => (one.status === "RESERVED" || one.status === "PENDING") && Date.parse(one.expiresAt) > clock.now()));
  bought.value = here.filter((one) => one.status === "PAID");
  changesAreKnown();
}

function setHolds(list: Reservation[]): void {
  holds.value = [...list].sort((a, b) => a.seatId - b.seatId);
  markMine();
}

// The lists need not wait for the stream to say what this page has just held. What it gives back may be somebody's by now.
function noteHeld(list: Reservation[]): void {
  const of = seats.value;
  if (!of) return;
  const pairs = list.filter((one) => one.eventDateId === of.date.id).map((one) => [one.seatId - of.hall.layout.firstSeatId, 0] as const);
  seatsChanged(of.states.change(pairs));
}

function markMine(): void {
  const of = seats.value;
  if (!of) return;
  const mine = holds.value.filter((hold) => hold.eventDateId === of.date.id).map((hold) => of.hall.indexOf(hold.seatId));
  seatsChanged(of.states.setMine(mine.filter((index): index is number => index !== null)));
}

export async function loadBalance(): Promise<void> {
  balance.value = await asOwner((headers) => call("getBalance", { path: "/users/me/balance", headers })).then((wallet) => wallet.balance);
}

// --- the seat map ------------------------------------------------------------------------------------------------------

export function chooseDate(dateId: number): void {
  notice.value = null;
  openDate(dateId).catch(async (error: unknown) => {
    await stepRefused(error);
    if (notice.value) notice.value = { ...notice.value, date: dateId };
  });
}

let opening = 0; // the newest date asked for counts
async function openDate(dateId: number): Promise<void> {
  const date = event.value?.dates.find((one) => one.id === dateId);
  if (!date) return;
  const turn = ++opening;
  feed?.stop();
  seats.value = null;
  const version = date.layoutVersion ? `?v=${date.layoutVersion}` : ""; // under which browsers and proxies keep it (R-C9)
  const layout = await call("getLayout", { path: `/events/properties/${dateId}/layout${version}` }).catch((error: unknown) => {
    if (turn === opening) throw error;
  });
  if (!layout || turn !== opening) return;
  const hall = new Hall(layout);
  const states = new SeatStates(hall);
  seats.value = { date, hall, states };
  markMine();
  const url = new URL(location.href);
  url.searchParams.set("date", String(dateId));
  history.replaceState(null, "", url);
  feed = new SeatFeed(dateId, token, states, {
    changed: noteChanges,
    stale: (stale) => {
      isStale.value = stale;
      setOffline(stale && !navigator.onLine);
    },
    over: () => void loadPlace().catch(() => undefined),
  });
}

let soldOut = new Set<number>(); // categories without a seat
function noteChanges(changed: readonly number[], isFirst: boolean): void {
  seatsChanged(changed);
  const of = seats.value;
  if (!of) return;
  const gone = new Set(of.hall.layout.categories.map((_, i) => i).filter((category) => of.states.leftOfCategory(category) === 0));
  if (!isFirst) {
    for (const category of gone) {
      if (!soldOut.has(category)) announcer.say(fill(t.categoryGone, { category: of.hall.layout.categories[category] ?? "" }));
    }
  }
  soldOut = gone;
}

// The map is drawn at once; the lists follow ten times a second.
let isListDue = false;
function seatsChanged(changed: readonly number[]): void {
  map?.touch(changed);
  if (isListDue) return;
  isListDue = true;
  setTimeout(() => {
    isListDue = false;
    seatsVersion.value++;
  }, 100);
}

export function showSeat(seat: number): void {
  map?.show(seat);
}

// --- holding -----------------------------------------------------------------------------------------------------------

// What a tap on the map does.
export function tapSeat(seat: number): void {
  const of = seats.value;
  if (!of) return;
  if (of.states.isMine(seat)) {
    const hold = holds.value.find((one) => one.seatId === of.hall.idOf(seat));
    if (hold) void giveBack([hold]);
  } else if (of.states.isFree(seat)) {
    void holdSeats([seat]);
  } else {
    offerNext(seat, t.takenSeat);
  }
}

// `text`: that it was lost at this moment, or is known to be taken.
function offerNext(seat: number, text: string): void {
  tell({ kind: "stop", text, seats: seats.value?.states.nextTo(seat, 4) ?? [] });
}

export async function holdSeats(chosen: number[]): Promise<void> {
  const of = seats.value;
  if (!of || busy.value) return;
  if (chosen.length > seatsMore.value) return tell({ kind: "stop", text: fill(t.limit, { n: seatsMax.value }) });
  await holding("hold", chosen, async () => {
    const headers = await byTurn(token);
    const ids = chosen.map((seat) => of.hall.idOf(seat));
    const body = ids.length === 1 ? { seatId: ids[0] } : { seatIds: ids };
    return change("holdSeats", { method: "POST", path: "/events/seats", headers, body: { ...body, ...(await user()) } });
  });
}

// `category`: an index, or null for any.
export async function holdBest(count: number, category: number | null): Promise<void> {
  const of = seats.value;
  if (!of || busy.value) return;
  if (count > seatsMore.value) return tell({ kind: "stop", text: fill(t.limit, { n: seatsMax.value }) });
  await holding("best", [], async () => {
    const name = category === null ? {} : { category: of.hall.layout.categories[category] };
    const body = { eventDateId: of.date.id, count, ...name, ...(await user()) };
    return change("holdBestSeats", { method: "POST", path: "/events/seats/best", headers: await byTurn(token), body });
  });
}

async function user(): Promise<{ userId?: string }> {
  return (await clientSettings()).authMode === "token" ? { userId: guest() } : {};
}

async function holding(kind: "hold" | "best", chosen: number[], hold: () => Promise<unknown>): Promise<void> {
  busy.value = kind;
  notice.value = null;
  try {
    const answer = (await hold()) as Reservation | { reservations: Reservation[] };
    const made = "reservations" in answer ? answer.reservations : [answer];
    setHolds([...holds.value.filter((old) => !made.some((one) => one.id === old.id)), ...made]);
    noteHeld(made);
    setOffline(false);
    const first = seats.value?.hall.indexOf(made[0]?.seatId ?? 0);
    if (kind === "best" && typeof first === "number") showSeat(first);
    sayNow(fill(t.heldSpoken, { n: holds.value.length, span: span((holdEnds.value - clock.now()) / 1000) }));
    party.value = Math.max(1, Math.min(party.value, seatsMore.value));
    focusHeld();
    await loadPlace();
  } catch (error) {
    await stepRefused(error, chosen);
  } finally {
    busy.value = "";
  }
}

// The button that was pressed has gone with its seat.
function focusHeld(): void {
  setTimeout(() => document.activeElement === document.body && document.getElementById("held-heading")?.focus(), 150);
}

// What a refusal of any step means for the visit.
async function stepRefused(error: unknown, chosen: number[] = []): Promise<void> {
  if (error instanceof SignInNeeded) {
    phase.value = "sign-in";
    return;
  }
  const code = error instanceof Refused ? error.code : "";
  if (code === "NETWORK") setOffline(true);
  if (code === "TOKEN_EXPIRED" || code === "TOKEN_NOT_FOUND" || code === "WRONG_TOKEN_TURN") {
    const isKnown = await loadPlace().then(() => true, () => false);
    if (phase.value !== "open") return;
    if (isKnown && error instanceof Refused && error.status === 401 && (await proofRefused())) {
      phase.value = "sign-in";
      return;
    }
  }
  if (code === "SEAT_OCCUPIED" && chosen.length) return offerNext(chosen[0]!, t.lost);
  if (code === "RESERVATION_EXPIRED") return lapse();
  if (code === "SEAT_LIMIT_EXCEEDED") await loadHolds().catch(() => undefined);
  if (error instanceof Refused && error.isUnknown) {
    await Promise.allSettled([loadPlace(), loadHolds(), loadBalance()]);
    if (phase.value !== "open") return;
  }
  tell({ kind: "stop", heading: common.failed, text: refusalText(error) });
}

export async function giveBack(list: Reservation[]): Promise<void> {
  if (busy.value) return;
  busy.value = "giving-back";
  notice.value = null;
  try {
    for (const hold of list) {
      await asOwner((headers) => change("cancelReservation", { method: "DELETE", path: `/events/reservations/${hold.id}`, headers }));
      setHolds(holds.value.filter((one) => one.id !== hold.id));
    }
    sayNow(t.gaveBack);
  } catch (error) {
    await loadHolds().catch(() => undefined);
    await stepRefused(error);
  } finally {
    busy.value = "";
  }
}

// --- paying ------------------------------------------------------------------------------------------------------------

export async function pay(): Promise<void> {
  if (busy.value || !holds.value.length) return;
  notice.value = null;
  try {
    if (missing.value > 0) {
      busy.value = "topping-up";
      const body = { amount: missing.value };
      const posting = await asOwner((headers) => change("chargeBalance", { method: "PUT", path: "/users/me/balance/charge", headers, body }));
      balance.value = posting.balance;
    }
    busy.value = "paying";
    const [first, ...others] = holds.value.map((hold) => hold.id);
    // The same key after a reload: a payment that had succeeded is answered as such.
    const key = `pay-${holds.value.map((hold) => hold.id).join("-")}`.slice(0, 255);
    await change("payReservation", { method: "PUT", path: `/events/reservations/${first}/pay`, headers: await byTurn(token), key, body: { reservationIds: others } });
    paid(holds.value);
  } catch (error) {
    if (error instanceof Refused && error.code === "RESERVATION_ALREADY_PAID") paid(holds.value);
    else {
      if (error instanceof Refused && error.code === "NOT_ENOUGH_BALANCE") await loadBalance().catch(() => undefined);
      await stepRefused(error);
    }
  } finally {
    busy.value = "";
  }
}

function paid(list: Reservation[]): void {
  bought.value = list.map((one) => ({ ...one, status: "PAID" }));
  holds.value = [];
  endVisit("paid", "PAID");
  sayNow(t.paidHeading);
}

function lapse(): void {
  const length = event.value?.rules?.holdSeconds ?? 300;
  setHolds([]);
  void loadHolds().catch(() => undefined); // another one may be left
  tell({ kind: "stop", heading: t.lapsedHeading, text: fill(t.lapsed, { span: span(length) }) });
  void loadPlace().catch(() => undefined);
}

// As far as this page knows. The server knows better: a clock may have been set, or this computer has slept.
let isAsking = false;
async function holdsAreOver(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  await loadHolds().catch(() => setHolds(holds.value.filter((hold) => Date.parse(hold.expiresAt) > clock.now())));
  isAsking = false;
  now.value = clock.now();
  if (!holds.value.length) lapse();
}

// --- time --------------------------------------------------------------------------------------------------------------

let warnedOf = "";
export function tick(): void {
  now.value = clock.now();
  if (phase.value !== "open") return;
  if (holds.value.length && holdEnds.value <= now.value && busy.value !== "paying") void holdsAreOver();
  const ends = place.value?.expiresAt;
  if (!ends) return;
  const leftMs = Date.parse(ends) - now.value;
  if (leftMs <= 0) void loadPlace().catch(() => undefined);
  else if (leftMs <= 60_000 && !holds.value.length && warnedOf !== ends) {
    warnedOf = ends;
    announcer.sayNow(t.turnSoon);
  }
}
