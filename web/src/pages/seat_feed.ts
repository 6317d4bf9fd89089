// Keeps the states of a date's seats as they are at the server: its stream first, behind it asking again (R-C9).
import { Refused, send } from "../api/client";
import { byPlace } from "../api/identity";
import { openStream } from "../lib/stream";
import type { SeatStates } from "../map/seat_states";

const BACK_OFF_MAX_MS = 10_000;
const ASKING_MS = 3_000;
const STREAM_AGAIN_MS = 30_000;
const STALE_MS = 12_000;

interface Availability {
  bits: string;
}

export interface SeatFeedHandlers {
  changed(seats: readonly number[], isFirst: boolean): void;
  stale(isStale: boolean): void;
  over(): void; // the visit has ended
}

export class SeatFeed {
  private close: (() => void) | null = null;
  private timer = 0;
  private failures = 0;
  private lastId: string | null = null;
  private heardAt = 0;
  private isStopped = false;
  private turn = 0; // of streams and questions: what an older one hears does not count

  constructor(
    private readonly dateId: number,
    private readonly token: string,
    private readonly states: SeatStates,
    private readonly handlers: SeatFeedHandlers,
  ) {
    window.addEventListener("online", this.restart);
    document.addEventListener("visibilitychange", this.hurry);
    this.stream();
  }

  stop(): void {
    this.isStopped = true;
    window.clearTimeout(this.timer);
    this.close?.();
    window.removeEventListener("online", this.restart);
    document.removeEventListener("visibilitychange", this.hurry);
  }

  private hurry = () => {
    if (!document.hidden && performance.now() - this.heardAt > STALE_MS) this.restart();
  };

  private restart = () => {
    if (!this.isStopped) this.stream();
  };

  private heard(): void {
    this.heardAt = performance.now();
    this.failures = 0;
    this.handlers.stale(false);
  }

  private later(ms: number, then: () => void): void {
    window.clearTimeout(this.timer);
    if (!this.isStopped) this.timer = window.setTimeout(then, ms);
  }

  private stream(): void {
    window.clearTimeout(this.timer);
    this.close?.();
    this.turn++;
    const headers = { ...byPlace(this.token), ...(this.lastId ? { "Last-Event-ID": this.lastId } : {}) };
    this.close = openStream(`/events/properties/${this.dateId}/seats/stream?form=bits`, headers, {
      open: () => this.heard(),
      beat: () => this.heard(),
      event: ({ name, data, id }) => {
        this.lastId = id ?? this.lastId;
        if (name === "bits") this.takeAll(JSON.parse(data) as Availability);
        else if (name === "changes") this.handlers.changed(this.states.change(JSON.parse(data) as [number, number][]), false);
      },
      end: (status, retryMs) => this.ended(status, retryMs),
    });
  }

  private takeAll({ bits }: Availability): void {
    const isFirst = !this.states.isKnown;
    const changed = this.states.setBits(bits);
    this.handlers.changed(changed, isFirst);
  }

  private ended(status: number, retryMs: number | null): void {
    this.close = null;
    if (this.isStopped) return;
    if (status === 401 || status === 403) return this.handlers.over();
    this.failures++;
    if (status === 0 && this.failures === 1) {
      this.handlers.over(); // perhaps: the stream ends with the visit
      return this.later(retryMs ?? 500, () => this.stream());
    }
    if (this.failures > 1) this.handlers.stale(true);
    if (status === 429) return this.ask(performance.now() + STREAM_AGAIN_MS);
    this.later(Math.min(BACK_OFF_MAX_MS, 400 * 2 ** this.failures) * (0.75 + Math.random() / 2), () => this.stream());
  }

  // The limit of open streams is reached, by other tabs: ask for all seats every few seconds.
  private ask(until: number): void {
    const turn = ++this.turn;
    const once = async () => {
      try {
        const { data } = await send<Availability>({ path: `/events/properties/${this.dateId}/availability`, headers: byPlace(this.token) });
        if (this.isStopped || turn !== this.turn) return;
        this.heard();
        this.takeAll(data);
        this.lastId = null; // the stream begins anew: what came after the id it ended with is in these states already
      } catch (error) {
        if (this.isStopped || turn !== this.turn) return;
        if (error instanceof Refused && (error.status === 401 || error.status === 403)) return this.handlers.over();
        this.handlers.stale(true);
      }
      this.later(ASKING_MS, () => (performance.now() < until ? this.ask(until) : this.stream()));
    };
    void once();
  }
}
