// The check-in when something fails: answers that are lost, a disk that is full, a scan that the server does not take, keys that are
// withdrawn, a network that says nothing (R-P9).
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Luggage, Question } from "../src/gate/kept";
import type { Scan } from "../src/gate/ledger";
import { Signer } from "./signer";

const disk = vi.hoisted(() => ({ isFull: false, scans: new Map<string, Scan>(), questions: new Map<string, Question>() }));
vi.mock("../src/gate/kept", () => {
  const put = (work: () => void) => (disk.isFull ? Promise.reject(new Error("QuotaExceededError")) : Promise.resolve(work()));
  const putScan = (scan: Scan) => disk.scans.set(scan.serial + scan.at, scan);
  return {
    keptScans: async () => [...disk.scans.values()],
    keptQuestions: async () => [...disk.questions.values()],
    keptLuggage: async () => [],
    keepScans: (scans: Scan[]) => put(() => scans.forEach(putScan)),
    keepEntry: (scan: Scan) => put(() => (putScan(scan), disk.questions.delete(scan.serial))),
    keepQuestion: (question: Question) => put(() => disk.questions.set(question.serial, question)),
    dropQuestion: async (serial: string) => disk.questions.delete(serial),
    keepLuggage: () => put(() => undefined),
  };
});
vi.mock("../src/lib/lamp", () => ({ allowSound: () => undefined, playSound: () => undefined }));

interface Asked {
  device: string;
  serial?: string;
  ticket?: string;
  at: string;
  scans?: { serial: string; at: string; undo?: boolean }[];
}

// As the server: the first scan of a ticket counts; the same scan again is answered as before.
class Server {
  readonly uses = new Map<string, { device: string; at: string }>();
  readonly asked: Asked[] = [];
  keys = [new Signer().jwk];
  lost = 0; // so many answers are lost, after the work was done
  refusal: { status: number; code: string; method?: string } | null = null; // of gates' calls
  latest = Infinity; // scans after it are refused
  lists = 0;
  wait: Promise<void> | null = null; // until it, the layout of date 1 does not come
  isWaiting = false;

  async answer(url: string, init?: RequestInit): Promise<Response> {
    const found = await this.route(url, init);
    if (init?.method === "POST" && this.lost > 0) {
      this.lost--;
      throw new TypeError("lost");
    }
    return found;
  }
  private async route(url: string, init?: RequestInit): Promise<Response> {
    if (url.endsWith("jwks.json")) return new Response(JSON.stringify({ keys: this.keys }));
    if (url.endsWith("/layout")) {
      this.isWaiting ||= url.includes("/1/");
      if (url.includes("/1/")) await this.wait;
      return ok({ firstSeatId: 1, sections: [] });
    }
    if (this.refusal && [undefined, init?.method].includes(this.refusal.method)) return problem(this.refusal.status, this.refusal.code);
    if (url.endsWith("/revoked")) return this.lists++, ok({ revoked: [], usedTwice: [] });
    const body = JSON.parse(String(init?.body)) as Asked;
    this.asked.push(body);
    return body.scans ? this.report(body) : this.question(body);
  }
  private use(serial: string, at: string, device: string): { device: string; at: string } {
    const first = this.uses.get(serial) ?? { device, at };
    this.uses.set(serial, first);
    return first;
  }
  private question({ serial, at, device }: Asked): Response {
    const first = this.use(serial ?? "", at, device);
    return first.at === at && first.device === device ? ok({ seatId: 1 }) : problem(409, "TICKET_ALREADY_USED", first);
  }
  private report({ scans, device }: Asked): Response {
    if (scans!.some(({ at }) => Date.parse(at) > this.latest)) return problem(400, "INVALID_REQUEST", { details: [{ path: "scans[0].at", message: "must not be more than a day ahead" }] });
    return ok({ results: scans!.map(({ serial, at }) => ({ serial, at, result: "ACCEPTED", first: this.use(serial, at, device) })) });
  }
}
const ok = (data: unknown) => new Response(JSON.stringify({ success: true, data }));
const problem = (status: number, code: string, more = {}) => new Response(JSON.stringify({ code, message: code, ...more }), { status });

let server: Server;
const element = () => ({ setAttribute: () => undefined, textContent: "" });
const luggage = (more: Partial<Luggage> = {}) => ({ dateId: 2, eventName: "", startsAt: "", timeZone: "UTC", layout: { firstSeatId: 1, sections: [] }, keys: [], revoked: [], usedTwice: [], takenAt: 0, ...more }) as unknown as Luggage;
// The page after a (re)load, signed in.
async function openGate(more: Partial<Luggage> = {}) {
  vi.resetModules();
  const gate = await import("../src/gate/gate_state");
  const sync = await import("../src/gate/sync");
  (await import("../src/console/session")).me.value = { name: "", role: "gate" };
  await gate.readKept();
  gate.luggage.value = luggage(more);
  const scan = async (code: string) => {
    const before = gate.shown.value;
    gate.check(code);
    await vi.waitFor(() => expect([gate.shown.value, gate.isChecking.value]).toEqual([before + 1, false]), { timeout: 10_000, interval: 5 });
    const said = gate.verdict.value!;
    return said.kind === "unsure" ? `unsure: ${said.why}` : said.kind;
  };
  return { ...gate, ...sync, scan };
}
vi.setConfig({ testTimeout: 30_000 }); // each case loads the page's modules
const SERIAL = "00ff00ff00ff00ff";

beforeEach(() => {
  server = new Server();
  disk.isFull = false;
  disk.scans.clear();
  disk.questions.clear();
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => server.answer(url, init));
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("document", { hidden: false, documentElement: { lang: "en" }, createElement: element, getElementById: () => null, body: { append: () => undefined } });
  vi.stubGlobal("window", { setTimeout: () => 0, clearTimeout: () => undefined, addEventListener: () => undefined });
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, text: string) => void kept.set(name, text) });
});
afterEach(() => vi.unstubAllGlobals());

describe("a check-in whose answer is lost", () => {
  it("is asked again as of the same moment, and lets in once", async () => {
    const gate = await openGate();
    server.lost = 1;
    expect(await gate.scan(SERIAL)).toBe("unsure: number");
    await gate.sync();
    expect([await gate.scan(SERIAL), await gate.scan(SERIAL)]).toEqual(["good", "used"]);
    expect([disk.questions.size, disk.scans.size, gate.counts.value.in]).toEqual([0, 1, 1]);
  });
  it("is asked again after a reload, too", async () => {
    server.lost = 1;
    await (await openGate()).scan(SERIAL);
    const after = await openGate();
    expect(await after.scan(SERIAL)).toBe("good");
  });
  it("is the same scan where the gate decides itself", async () => {
    const signer = new Signer();
    const gate = await openGate({ keys: [signer.jwk] });
    server.lost = 1;
    expect(await gate.scan(signer.code())).toBe("good");
    await gate.sync();
    expect(server.asked.map(({ at, scans }) => scans?.[0]?.at ?? at)).toEqual([server.asked[0]!.at, server.asked[0]!.at]);
    expect(gate.wrong.value).toEqual([]);
  });
  it("is over with any answer: the next question is of its own moment", async () => {
    const gate = await openGate();
    server.uses.set(SERIAL, { device: "other", at: "2036-02-01T10:00:00.000Z" });
    expect([await gate.scan(SERIAL), disk.questions.size]).toEqual(["used", 0]);
    server.refusal = { status: 400, code: "INVALID_REQUEST" };
    expect([await gate.scan(SERIAL), disk.questions.size]).toEqual(["unsure: number", 0]);
    server.refusal = { status: 503, code: "OUTCOME_UNKNOWN" };
    expect([await gate.scan(SERIAL), disk.questions.size]).toEqual(["unsure: number", 1]);
  });
});

describe("a disk that keeps nothing", () => {
  it("does not hold up whom the server has accepted, and the page says so", async () => {
    const gate = await openGate();
    disk.isFull = true;
    expect([await gate.scan(SERIAL), gate.keepsNothing.value]).toEqual(["good", true]);
    expect(await gate.scan(SERIAL)).toBe("used");
    await gate.undo(gate.scans.value[0]!);
    await vi.waitFor(() => expect(server.asked.at(-1)?.scans?.[0]).toMatchObject({ serial: SERIAL, undo: true }));
    disk.isFull = false;
    await vi.waitFor(async () => {
      await gate.sync();
      expect(gate.keepsNothing.value).toBe(false);
    });
  });
  it("lets nobody in without the server", async () => {
    const signer = new Signer();
    const gate = await openGate({ keys: [signer.jwk] });
    gate.isOffline.value = true;
    disk.isFull = true;
    expect([await gate.scan(signer.code()), gate.counts.value.in]).toEqual(["unsure: disk", 0]);
  });
});

describe("a sync", () => {
  const kept = (serial: string, at: string, more: Partial<Scan> = {}): Scan => ({ serial, at, dateId: 2, place: "", isSent: false, undo: "no", result: "ACCEPTED", first: null, ...more });
  const keep = (...scans: Scan[]) => scans.forEach((scan) => disk.scans.set(scan.serial + scan.at, scan));
  const good = "2036-02-01T10:00:00.000Z";

  it("sends all but the scan that the server does not take, and says which and why", async () => {
    server.latest = Date.parse(good);
    keep(kept("a", good), kept("b", "2036-02-03T10:00:00.000Z"), kept("c", good), kept("c", good, { undo: "unsent" }));
    const gate = await openGate();
    await gate.sync();
    expect([...server.uses.keys()]).toEqual(["a", "c"]);
    expect([...gate.refused.value.values()]).toEqual(["must not be more than a day ahead"]);
    expect([server.lists, gate.counts.value.unsent, gate.syncState()]).toEqual([1, 1, { isCalm: false, text: "1 scan is not sent: see below." }]);
    const { length } = server.asked;
    await gate.sync(); // it is not sent again and again
    expect(server.asked).toHaveLength(length);
  });
  it("takes the list along although a report has failed, and says what is wrong", async () => {
    keep(kept("a", good));
    const gate = await openGate();
    server.refusal = { status: 500, code: "INTERNAL", method: "POST" };
    await gate.sync();
    expect([server.lists, gate.isOffline.value, gate.syncState()]).toEqual([1, false, { isCalm: false, text: "The server refused that: INTERNAL Go on: 1 scan is kept and sent later." }]);
  });
  it("never says that everything is sent while something is not", async () => {
    const gate = await openGate();
    await gate.sync();
    expect(gate.syncState().text).toMatch(/^Everything is sent/);
    gate.scans.value = [kept("a", good)];
    expect(gate.syncState().text).toBe("Sending…");
    server.refusal = { status: 403, code: "FORBIDDEN" };
    await gate.sync();
    expect(gate.syncState()).toEqual({ isCalm: false, text: "Your key does not have the role for that. Go on: 1 scan is kept and sent later." });
  });
  it("takes the keys of this moment: new ones are known, withdrawn ones are not", async () => {
    const [old, fresh] = [new Signer(), new Signer()];
    const gate = await openGate({ keys: [old.jwk] });
    server.keys = [fresh.jwk];
    await gate.sync();
    gate.isOffline.value = true;
    expect([await gate.scan(old.code(1)), await gate.scan(fresh.code(2))]).toEqual(["unknown", "good"]);
  });
});

describe("the date", () => {
  it("is the one that was chosen last, whichever comes first", async () => {
    const gate = await openGate();
    gate.luggage.value = null;
    let come = () => {};
    server.wait = new Promise((resolve) => (come = resolve));
    const choice = (id: number) => ({ id, name: "", startsAt: "", timeZone: "UTC" });
    const first = gate.chooseDate(choice(1));
    await vi.waitFor(() => expect(server.isWaiting).toBe(true));
    await gate.chooseDate(choice(2));
    come();
    await first;
    expect(gate.luggage.value).toMatchObject({ dateId: 2 });
  });
});

describe("the page without network", () => {
  type Fetching = (event: { request: { url: string; method: string }; respondWith(answer: Promise<Response>): void }) => void;
  async function worker(kept: string | null): Promise<(path: string) => Promise<string>> {
    vi.resetModules();
    const listeners = new Map<string, Fetching>();
    vi.stubGlobal("self", { addEventListener: (name: string, then: Fetching) => listeners.set(name, then) });
    vi.stubGlobal("location", { origin: "https://door" });
    vi.stubGlobal("caches", { open: async () => ({ match: async () => (kept === null ? undefined : new Response(kept)) }) });
    await import("../src/gate/offline_worker");
    return async (path) => {
      let answer: Promise<Response> | undefined;
      listeners.get("fetch")!({ request: { url: `https://door${path}`, method: "GET" }, respondWith: (given) => (answer = given) });
      return (await answer!).text();
    };
  }
  const silent = (_: unknown, init?: RequestInit) => new Promise<Response>((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));

  it("is the kept one when the server says nothing for 2.5 s", async () => {
    const limit = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
    vi.stubGlobal("fetch", (request: unknown, init?: RequestInit) => (init?.signal?.aborted ? Promise.reject(new Error("aborted")) : silent(request, init)));
    expect(await (await worker("kept"))("/gate")).toBe("kept");
    expect(limit).toHaveBeenCalledWith(2_500);
    limit.mockRestore();
  });
  it("is the kept one when the body breaks off, or the server fails; else the server's", async () => {
    const answers = [() => new Response(new ReadableStream({ start: (body) => body.error(new Error("broken off")) })), () => new Response("", { status: 502 }), () => new Response("fresh")];
    vi.stubGlobal("fetch", async () => answers.shift()!());
    const get = await worker("kept");
    expect([await get("/gate"), await get("/gate"), await get("/gate")]).toEqual(["kept", "kept", "fresh"]);
  });
  it("has its files from the cache, or from the server if they are new", async () => {
    vi.stubGlobal("fetch", async () => new Response("fresh"));
    expect([await (await worker("kept"))("/assets/a.1.js"), await (await worker(null))("/assets/a.2.js")]).toEqual(["kept", "fresh"]);
  });
});
