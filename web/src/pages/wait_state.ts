// What the waiting page says in each state: decided here, shown by wait.ts. Pure.
import type { EventWithDates, QueuePlace } from "../api/client";

export type Kind =
  | "joining"
  | "sign-in"
  | "not-open"
  | "gathering"
  | "waiting"
  | "near"
  | "paused"
  | "turn"
  | "sold-out"
  | "over"
  | "left"
  | "turn-over"
  | "paid"
  | "emptied"
  | "invalid"
  | "no-event"
  | "refused";

// Why there is no place to show, as far as that is known.
export type Trouble = "sign-in" | "not-open" | "over" | "invalid" | "no-event" | "refused" | null;

const ENDED: Record<string, Kind> = { PAID: "paid", TURN_OVER: "turn-over", LEFT: "left", EMPTIED: "emptied", SALE_OVER: "over" };
const NEAR_SECONDS = 60;

export function kindOf(place: QueuePlace | null, trouble: Trouble): Kind {
  if (trouble) return trouble;
  if (!place) return "joining";
  if (place.status === "EXPIRED") return ENDED[place.reason ?? ""] ?? "turn-over";
  if (place.status === "ACTIVATED") return "turn";
  if (place.soldOut) return "sold-out";
  if (place.position === null || place.position === undefined) return "gathering";
  if (place.paused) return "paused";
  const longest = place.estimatedWaitHigh ?? place.estimatedWaitSeconds;
  return typeof longest === "number" && longest <= NEAR_SECONDS ? "near" : "waiting";
}

// Whether the fan stands in the line, so that there is something to lose.
export const isInLine = (kind: Kind) => ["gathering", "waiting", "near", "paused", "sold-out"].includes(kind);
// Whether joining again is offered.
export const mayRejoin = (kind: Kind) => ["left", "turn-over", "emptied", "invalid", "paid"].includes(kind);

export type Wait = { kind: "unknown" } | { kind: "soon" } | { kind: "one"; minutes: number } | { kind: "band"; low: number; high: number };

// The wait in whole minutes: a band where the server has data for one.
export function waitOf(place: Pick<QueuePlace, "estimatedWaitSeconds" | "estimatedWaitLow" | "estimatedWaitHigh">): Wait {
  const seconds = place.estimatedWaitSeconds;
  const [low, high] = [place.estimatedWaitLow ?? seconds, place.estimatedWaitHigh ?? seconds];
  if (typeof low !== "number" || typeof high !== "number") return { kind: "unknown" };
  if (high < 60) return { kind: "soon" };
  const [from, to] = [Math.max(1, Math.floor(low / 60)), Math.ceil(high / 60)];
  return from === to ? { kind: "one", minutes: to } : { kind: "band", low: from, high: to };
}

// The way through the line in percent, from the position first seen. A position larger than the first one starts over.
export function progress(first: number | null, position: number): number {
  if (first === null || first <= 0 || position > first) return 0;
  return Math.round((1 - position / first) * 100);
}

const OFTEN_MS = 2_000;
const REFUSED_MS = 3_000;
const DAY_MS = 24 * 3600_000;

// How long to wait with the next join after one that came too early. Just after the opening the clocks may differ; later than
// that the line is closed for another reason. `random`: 0 to 1.
export function joinDelay(untilOpenMs: number, retryAfterMs: number, random: number): number {
  if (untilOpenMs > 0) return Math.min(Math.max(untilOpenMs, retryAfterMs) + random * 800, DAY_MS);
  return Math.max(retryAfterMs, untilOpenMs > -OFTEN_MS ? 500 : REFUSED_MS) * (1 + random);
}

// When the line can be joined: the beginning of gathering, or of the sale.
export function opensAt(event: Pick<EventWithDates, "saleStartDate" | "rules">): number {
  const gathers = event.rules?.gatherFrom;
  return gathers ? Date.parse(gathers) : Date.parse(event.saleStartDate);
}
