// What the pages follow: one stream at a time, and answers that come too late do not count (R-U4, R-U5).
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toBase64url } from "../src/lib/bytes";

interface Call {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
  answer(status: number, data?: unknown): void;
  open(): void; // a stream
  push(text: string): void;
  end(): void;
}

let calls: Call[] = [];
let listeners: Map<string, () => void> = new Map();
// What has been received by now is looked at.
const settle = () => vi.advanceTimersByTimeAsync(0);
const online = async () => {
  listeners.get("online")?.();
  await settle();
};
// The last call, which is of this path.
function last(path: string): Call {
  const call = calls.at(-1)!;
  expect(call.url).toContain(path);
  return call;
}

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  calls = [];
  listeners = new Map();
  const target = {
    addEventListener: (name: string, listener: () => void) => void listeners.set(name, listener),
    removeEventListener: (name: string) => void listeners.delete(name),
  };
  vi.stubGlobal("window", { ...target, setTimeout: (work: () => void, ms: number) => setTimeout(work, ms), clearTimeout: (timer: number) => clearTimeout(timer) });
  vi.stubGlobal("document", { ...target, hidden: false, documentElement: { lang: "en" } });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
    new Promise<Response>((resolve) => {
      let stream!: ReadableStreamDefaultController<Uint8Array>;
      const bytes = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
      calls.push({
        url,
        headers: init.headers as Record<string, string>,
        signal: init.signal as AbortSignal,
        answer: (status, data) => resolve(new Response(JSON.stringify({ success: status < 300, code: "X", data }), { status })),
        open: () => resolve(new Response(bytes)),
        push: (text) => stream.enqueue(new TextEncoder().encode(text)),
        end: () => stream.close(),
      });
    }),
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the place in the line", () => {
  const event = (position: number) => `id: ${position}\nevent: status\ndata: ${JSON.stringify({ position, status: "CREATED", pollAfterMs: 1000 })}\n\n`;
  const following = async () => {
    const { PlaceFeed } = await import("../src/lib/place_feed");
    const positions: unknown[] = [];
    const feed = new PlaceFeed("t", { place: (place) => void positions.push(place.position), heard: () => undefined, lost: () => undefined, invalid: () => undefined });
    return { feed, positions };
  };

  it("is heard from one stream: another one closes it, and what it still says does not count", async () => {
    const { positions } = await following();
    const first = last("/queue/stream");
    first.open();
    first.push(event(5));
    await settle();
    await online();
    expect([calls.length, first.signal.aborted, last("/queue/stream").headers["Last-Event-ID"]]).toEqual([2, true, "5"]);
    first.push(event(9));
    await settle();
    expect(positions).toEqual([5]);
  });
  it("is not what a poll answers after a stream was opened again", async () => {
    const { positions } = await following();
    last("/queue/stream").answer(401);
    await settle();
    const poll = last("/queue");
    await online();
    const stream = last("/queue/stream");
    stream.open();
    stream.push(event(4));
    await settle();
    poll.answer(200, { position: 8, status: "CREATED", pollAfterMs: 1000 });
    await vi.advanceTimersByTimeAsync(5000);
    expect([positions, calls.length]).toEqual([[4], 3]);
  });
});

describe("the states of seats", () => {
  const bits = (free: number) => ({ bits: toBase64url(Uint8Array.of(free)) });
  const following = async () => {
    const { SeatFeed } = await import("../src/pages/seat_feed");
    const { Hall } = await import("../src/map/hall");
    const { SeatStates } = await import("../src/map/seat_states");
    const section = { name: "", category: "A", firstSeatId: 1, rows: 1, seatsPerRow: 8, seats: 8, at: [0, 4], angle: 0, curve: 0 };
    const states = new SeatStates(new Hall({ version: 1, eventDateId: 1, firstSeatId: 1, totalSeats: 8, categories: ["A"], sections: [section] }));
    const feed = new SeatFeed(1, "t", states, { changed: () => undefined, stale: () => undefined, over: () => undefined });
    return { feed, states };
  };

  it("come from one stream: another one closes it, and what it still says does not count", async () => {
    const { states } = await following();
    const first = last("/seats/stream");
    first.open();
    first.push(`id: a\nevent: bits\ndata: ${JSON.stringify(bits(0xff))}\n\n`);
    await settle();
    await online();
    expect([calls.length, first.signal.aborted, last("/seats/stream").headers["Last-Event-ID"]]).toEqual([2, true, "a"]);
    first.push("id: b\nevent: changes\ndata: [[0,0]]\n\n");
    await settle();
    expect(states.left).toBe(8);
  });
  it("begin anew after all of them were asked for: the stream is not told of an older state", async () => {
    const { states } = await following();
    const first = last("/seats/stream");
    first.open();
    first.push(`id: a\nevent: bits\ndata: ${JSON.stringify(bits(0xff))}\n\n`);
    first.end();
    await vi.advanceTimersByTimeAsync(1000);
    last("/seats/stream").answer(429); // too many tabs
    await settle();
    for (let asked = 0; calls.at(-1)!.url.includes("/availability"); asked++) {
      expect(asked).toBeLessThan(20);
      last("/availability").answer(200, bits(0x0f));
      await vi.advanceTimersByTimeAsync(3000);
    }
    expect(states.left).toBe(4);
    expect(last("/seats/stream").headers).not.toHaveProperty("Last-Event-ID");
  });
});
