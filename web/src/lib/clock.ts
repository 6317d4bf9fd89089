// The server's clock as seen from here. The Date header of an answer says the second it was made in, which bounds the
// difference of the clocks; several answers bound it more closely.
export class ServerClock {
  private low = -Infinity; // of server - here, ms
  private high = Infinity;

  constructor(private readonly here: () => number = Date.now) {}

  // `date`: of the header, ms. A difference outside the known bounds means that a clock was set, or that this computer slept:
  // then only the newest answer counts.
  note(date: number, sentAt: number, receivedAt: number): void {
    if (!Number.isFinite(date)) return;
    const low = date - receivedAt;
    const high = date + 1000 - sentAt;
    const contradicts = low > this.high || high < this.low;
    this.low = contradicts ? low : Math.max(low, this.low);
    this.high = contradicts ? high : Math.min(high, this.high);
  }

  difference(): number {
    return Number.isFinite(this.low) ? (this.low + this.high) / 2 : 0;
  }

  now(): number {
    return this.here() + this.difference();
  }
}

export const clock = new ServerClock();

// Calls `tick` at every whole second of the server's clock, and at once when the page is looked at again: timers of a page
// that is not in view stand still.
export function everySecond(tick: () => void): () => void {
  let timer = 0;
  const next = () => {
    window.clearTimeout(timer);
    tick();
    timer = window.setTimeout(next, 1000 - (clock.now() % 1000) + 5);
  };
  document.addEventListener("visibilitychange", next);
  next();
  return () => {
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", next);
  };
}
