// The page's live region. Ordinary news is spoken at most once in `quietMs`, the newest only; urgent news (a turn, a lapse, a
// refusal) at once.
export class Announcer {
  private spokenAt = -Infinity;
  private waiting: string | null = null;
  private timer = 0;

  constructor(
    private readonly polite: HTMLElement,
    private readonly assertive: HTMLElement,
    private readonly quietMs: number,
  ) {}

  say(text: string): void {
    this.waiting = text;
    window.clearTimeout(this.timer);
    const wait = Math.max(0, this.spokenAt + this.quietMs - performance.now());
    this.timer = window.setTimeout(() => this.speak(), wait);
  }

  sayNow(text: string): void {
    window.clearTimeout(this.timer);
    this.waiting = null;
    this.assertive.textContent = "";
    window.setTimeout(() => (this.assertive.textContent = text), 30); // a region that is emptied first is read again
  }

  private speak(): void {
    if (this.waiting === null || this.waiting === this.polite.textContent) return;
    this.polite.textContent = this.waiting;
    this.waiting = null;
    this.spokenAt = performance.now();
  }
}

export function makeAnnouncer(quietMs: number): Announcer {
  const region = (live: "polite" | "assertive") => {
    const element = document.createElement("div");
    element.className = "only-heard";
    element.setAttribute("aria-live", live);
    element.setAttribute("role", live === "polite" ? "status" : "alert");
    document.body.append(element);
    return element;
  };
  return new Announcer(region("polite"), region("assertive"), quietMs);
}
