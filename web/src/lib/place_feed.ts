// Follows a place in the line: the stream of the server first, behind it polling as often as the server says (R-U4).
import { type QueuePlace, Refused, call } from "../api/client";
import { byPlace } from "../api/identity";
import { openStream } from "./stream";

const BACK_OFF_MAX_MS = 15_000;
const POLLING_MS = 60_000; // then the stream is tried again
const STALE_MS = 12_000; // without a sign of the server; it sends one every 10 s

export interface PlaceHandlers {
  place(place: QueuePlace): void;
  heard(): void; // any sign of the server
  lost(): void; // no connection
  invalid(): void; // the server does not accept the token
}

export class PlaceFeed {
  private closeStream: (() => void) | null = null;
  private timer = 0;
  private failures = 0;
  private lastId: string | null = null;
  private pollUntil = 0;
  private pollAfterMs = 3000;
  private heardAt = 0;
  private isStopped = false;
  private turn = 0; // of streams and polls: what an older one hears does not count

  constructor(
    private readonly token: string,
    private readonly handlers: PlaceHandlers,
  ) {
    window.addEventListener("online", this.restart);
    window.addEventListener("offline", this.handlers.lost);
    document.addEventListener("visibilitychange", this.hurry);
    this.stream();
  }

  stop(): void {
    this.isStopped = true;
    window.clearTimeout(this.timer);
    this.closeStream?.();
    window.removeEventListener("online", this.restart);
    window.removeEventListener("offline", this.handlers.lost);
    document.removeEventListener("visibilitychange", this.hurry);
  }

  // The page is looked at again: a timer may have stood still, and a connection may be dead unnoticed.
  private hurry = () => {
    if (!document.hidden && performance.now() - this.heardAt > STALE_MS) this.restart();
  };

  private restart = () => {
    if (this.isStopped) return;
    this.failures = 0;
    this.stream();
  };

  private heard(): void {
    this.heardAt = performance.now();
    this.failures = 0;
    this.handlers.heard();
  }

  private later(ms: number, then: () => void): void {
    window.clearTimeout(this.timer);
    if (!this.isStopped) this.timer = window.setTimeout(then, ms);
  }

  private stream(): void {
    window.clearTimeout(this.timer);
    this.closeStream?.();
    this.turn++;
    const headers = { ...byPlace(this.token), ...(this.lastId ? { "Last-Event-ID": this.lastId } : {}) };
    this.closeStream = openStream("/queue/stream", headers, {
      open: () => this.heard(),
      event: (event) => {
        this.heard();
        if (event.name !== "status") return;
        this.lastId = event.id;
        this.take(JSON.parse(event.data) as QueuePlace);
      },
      end: (status, retryMs) => this.streamEnded(status, retryMs),
      beat: () => this.heard(),
    });
  }

  private streamEnded(status: number, retryMs: number | null): void {
    this.closeStream = null;
    if (this.isStopped || status === 204) return;
    if (status === 401) return void this.poll();
    if (status === 429) {
      this.pollUntil = performance.now() + POLLING_MS;
      return this.later(this.pollAfterMs, () => void this.poll());
    }
    if (status === 0 && performance.now() - this.heardAt > 2000) this.handlers.lost();
    this.failures++;
    const wait = this.failures === 1 && retryMs !== null ? retryMs : Math.min(BACK_OFF_MAX_MS, 500 * 2 ** this.failures);
    this.later(wait * (0.75 + Math.random() / 2), () => (this.failures % 3 === 0 ? void this.poll() : this.stream()));
  }

  private async poll(): Promise<void> {
    const turn = ++this.turn;
    try {
      const place = await call("getPlace", { path: "/queue", headers: byPlace(this.token) });
      if (this.isStopped || turn !== this.turn) return;
      this.heard();
      this.take(place);
      if (place.status === "EXPIRED") return;
      const isPolling = performance.now() < this.pollUntil;
      this.later(this.pollAfterMs, () => (isPolling ? void this.poll() : this.stream()));
    } catch (error) {
      if (this.isStopped || turn !== this.turn) return;
      if (error instanceof Refused && error.status === 401) return this.handlers.invalid();
      if (error instanceof Refused && error.code === "NETWORK") this.handlers.lost();
      this.failures++;
      const wait = error instanceof Refused && error.retryAfterMs ? error.retryAfterMs : Math.min(BACK_OFF_MAX_MS, 1000 * 2 ** this.failures);
      this.later(wait * (1 + Math.random() / 2), () => void this.poll());
    }
  }

  private take(place: QueuePlace): void {
    this.pollAfterMs = Math.max(1000, place.pollAfterMs);
    this.handlers.place(place);
  }
}
