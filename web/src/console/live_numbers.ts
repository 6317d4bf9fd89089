// What the live numbers mean: their last ten minutes, and what follows from them. Pure.
import type { Instance, Latency, LiveEvent } from "./calls";

export interface Sample {
  at: number; // ms
  waiting: number;
  active: number;
  holds: number;
  sold: number;
}

const KEPT_MS = 600_000;
const RATE_MS = 120_000; // sales are judged by their last two minutes

export class History {
  readonly samples: Sample[] = [];
  peak = 0; // most people waiting since this page looks

  add(at: number, { waiting, active, holds, sold }: Pick<LiveEvent, "waiting" | "active" | "holds" | "sold">): void {
    if (this.samples.length && at <= this.samples.at(-1)!.at) return;
    this.samples.push({ at, waiting, active, holds, sold });
    this.peak = Math.max(this.peak, waiting);
    while (this.samples[0]!.at < at - KEPT_MS) this.samples.shift();
  }

  // Seats sold in a second; null while nothing is known.
  get sellingRate(): number | null {
    const last = this.samples.at(-1);
    const first = this.samples.find((sample) => last && sample.at >= last.at - RATE_MS);
    if (!last || !first || last.at - first.at < 5000) return null;
    return Math.max(0, ((last.sold - first.sold) * 1000) / (last.at - first.at));
  }
}

// Seconds until the last seat is sold at the rate of now; null: unknown, or never.
export function soldOutIn(event: Pick<LiveEvent, "seatCount" | "holds">, rate: number | null): number | null {
  const left = event.seatCount + event.holds;
  return rate && left > 0 ? left / rate : null;
}

// Seconds until the last person in line is let in at the rate of now.
export function lastIn(event: Pick<LiveEvent, "waiting" | "admittedPerSecond">): number | null {
  return event.waiting > 0 && event.admittedPerSecond > 0 ? event.waiting / event.admittedPerSecond : null;
}

const MINUTE_MS = 60_000;
const SHOWN_MS = 15_000; // a class of calls without requests keeps its last latency so long

// Refusals of the last minute, and the latest latency of each class of calls, from documents that count about a second each.
export class Minute {
  private readonly counts: { at: number; refusals: Record<string, number> }[] = [];
  private readonly latest = new Map<string, { at: number; latency: Latency }>();
  private at = 0;

  add(at: number, { seconds, refusals, latency }: Instance): void {
    if (at <= this.at || !seconds) return;
    this.at = at;
    this.counts.push({ at, refusals });
    while (this.counts[0]!.at <= at - MINUTE_MS) this.counts.shift();
    for (const one of latency) this.latest.set(one.calls, { at, latency: { ...one, requests: one.requests / seconds } });
  }

  // The most frequent first.
  get refusals(): [string, number][] {
    const sums = new Map<string, number>();
    for (const { refusals } of this.counts) for (const [code, count] of Object.entries(refusals)) sums.set(code, (sums.get(code) ?? 0) + count);
    return [...sums].sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
  }

  // `requests`: in a second.
  get latencies(): Latency[] {
    return [...this.latest.values()].filter(({ at }) => at > this.at - SHOWN_MS).map(({ latency }) => latency);
  }
}
