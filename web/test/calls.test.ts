// Idempotency keys, and tokens that are renewed: what is sent, and what is kept.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { change, changesAreKnown } from "../src/api/client";

// Answers in turn: a body with its status, or null for one that is lost.
type Reply = { status?: number; body: unknown } | null;
function answering(...replies: Reply[]) {
  const sent = vi.fn(async (_url: string, _init?: RequestInit) => {
    const reply = replies.shift();
    if (!reply) throw new TypeError("lost");
    return new Response(JSON.stringify(reply.body), { status: reply.status ?? 200 });
  });
  vi.stubGlobal("fetch", sent);
  return sent;
}
const memory = new Map<string, string>();
beforeEach(() => {
  memory.clear();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => memory.get(name) ?? null,
    setItem: (name: string, text: string) => void memory.set(name, text),
    removeItem: (name: string) => void memory.delete(name),
  });
});
afterEach(() => vi.unstubAllGlobals());

describe("a change whose answers are lost (R-X5)", () => {
  const done = { body: { success: true, data: {} } };
  const refused = (status: number, code: string) => ({ status, body: { code } });
  const keysOf = (sent: ReturnType<typeof answering>) => sent.mock.calls.map(([, init]) => (init?.headers as Record<string, string>)["Idempotency-Key"]);
  const charge = (amount: number) => change("chargeBalance", { method: "PUT", path: "/users/me/balance/charge", body: { amount } }, 1).catch(() => null);
  const hold = () => change("holdSeats", { method: "POST", path: "/events/seats", body: { seatId: 1 } }, 1).catch(() => null);

  it("keeps a charge's key until an answer says what became of it, in the browser's store", async () => {
    const sent = answering(null, refused(503, "OUTCOME_UNKNOWN"), refused(401, "TOKEN_EXPIRED"), done, done, null, refused(400, "INVALID_AMOUNT"));
    await charge(5);
    expect([...memory.keys()]).toHaveLength(1);
    for (let i = 0; i < 4; i++) await charge(5);
    const keys = keysOf(sent);
    expect(new Set(keys.slice(0, 4)).size).toBe(1);
    expect(keys[4]).not.toBe(keys[3]);
    await charge(5);
    await charge(6); // another charge
    expect(keysOf(sent)[6]).not.toBe(keysOf(sent)[5]);
    expect([...memory.keys()]).toHaveLength(1);
  });
  it("keeps the key of an operator's charge although the page has loaded, for the tab only", async () => {
    const tab = new Map<string, string>();
    vi.stubGlobal("sessionStorage", { getItem: (name: string) => tab.get(name) ?? null, setItem: (name: string, text: string) => void tab.set(name, text), removeItem: (name: string) => void tab.delete(name) });
    const body = { amount: 5 };
    const chargeUser = () => change("adminChargeBalance", { method: "POST", path: "/admin/users/u/balance/charge", body }, 1).catch(() => null);
    const sent = answering(null, refused(503, "OUTCOME_UNKNOWN"), done, done);
    await chargeUser();
    changesAreKnown();
    await chargeUser();
    changesAreKnown();
    expect([tab.size, memory.size]).toEqual([1, 0]);
    await chargeUser();
    await chargeUser();
    const keys = keysOf(sent);
    expect([new Set(keys.slice(0, 3)).size, keys[3] === keys[2], tab.size]).toEqual([1, false, 0]);
  });
  it("keeps a hold's key until the page has loaded what is held", async () => {
    const sent = answering(null, null, done);
    await hold();
    await hold();
    changesAreKnown();
    await hold();
    const keys = keysOf(sent);
    expect([keys[0] === keys[1], keys[1] === keys[2], memory.size]).toEqual([true, false, 0]);
  });
});

describe("a proof that ends soon (R-U12)", () => {
  const settings = { issuer: "https://id.example", clientId: "fans", scope: "openid offline_access" };
  const configuration = { body: { issuer: settings.issuer, token_endpoint: "https://id.example/token" } };
  const jwt = (claims: object) => `x.${Buffer.from(JSON.stringify({ iss: settings.issuer, aud: "fans", sub: "kim", exp: Date.now() / 1000 + 3600, ...claims })).toString("base64url")}.y`;
  const renewed = { body: { id_token: jwt({}), refresh_token: "second" } };
  const keep = (refreshToken = "first", leftMs = 30_000) =>
    memory.set("stagedoor.id", JSON.stringify({ idToken: "old", refreshToken, expiresAt: Date.now() + leftMs, subject: "kim" }));
  const kept = () => JSON.parse(memory.get("stagedoor.id") ?? "null") as { refreshToken: string } | null;
  // Every case knows the provider from nothing.
  const provider = async () => new (await import("../src/api/oidc")).SignIn(settings);
  beforeEach(() => {
    vi.resetModules();
    vi.stubGlobal("navigator", {});
    keep();
  });

  it("is renewed once, however many ask", async () => {
    const sent = answering(configuration, renewed);
    const of = await provider();
    expect(new Set(await Promise.all([of.proof(), of.proof(), of.proof()]))).toEqual(new Set([renewed.body.id_token]));
    expect([sent.mock.calls.length, kept()?.refreshToken]).toEqual([2, "second"]);
  });
  it("is what another page has renewed meanwhile", async () => {
    const sent = answering();
    const request = async (_name: string, work: () => Promise<unknown>) => {
      keep("second", 3600_000);
      return work();
    };
    vi.stubGlobal("navigator", { locks: { request } });
    expect(await (await provider()).proof()).toBe("old");
    expect(sent).not.toHaveBeenCalled();
  });
  it("is asked of nobody when the provider's configuration is another's", async () => {
    const sent = answering({ body: { ...configuration.body, issuer: "https://other.example" } });
    expect(await (await provider()).proof()).toBe("old");
    expect(sent.mock.calls.map(([url]) => url)).toEqual(["https://id.example/.well-known/openid-configuration"]);
  });
  it("outlives faults that may pass", async () => {
    const faults: Reply[][] = [
      [null],
      [{ status: 503, body: {} }],
      [{ body: { ...configuration.body, issuer: "https://other.example" } }],
      [configuration, null],
      [configuration, { status: 503, body: { error: "temporarily_unavailable" } }],
    ];
    const of = await provider();
    for (const fault of faults.slice(0, 4)) {
      answering(...fault);
      expect([await of.proof(), kept()?.refreshToken], JSON.stringify(fault)).toEqual(["old", "first"]);
    }
    answering(faults[4]![1]!); // the configuration is known by now
    expect([await of.proof(), kept()?.refreshToken]).toEqual(["old", "first"]);
  });
  it("is forgotten when the provider takes the refresh token no more, or answers for somebody else", async () => {
    for (const refusal of [{ status: 400, body: { error: "invalid_grant" } }, { body: { id_token: jwt({ sub: "lee" }) } }, { body: { id_token: jwt({ aud: "others" }) } }]) {
      keep();
      vi.resetModules();
      answering(configuration, refusal);
      expect([await (await provider()).proof(), kept()], JSON.stringify(refusal)).toEqual([null, null]);
    }
  });
  it("of somebody else ends what the browser kept of the person before", async () => {
    class Kept {
      [name: string]: unknown;
      getItem(name: string) { return this[name] ?? null; }
      setItem(name: string, text: string) { this[name] = text; }
      removeItem(name: string) { delete this[name]; }
    }
    const begun = JSON.stringify({ state: "s", nonce: "n", verifier: "v", returnTo: "/my" });
    const browser = Object.assign(new Kept(), { "stagedoor.place.1": "{}", "stagedoor.session": "{}", "stagedoor.key.x": "1", "stagedoor.language": '"ko"', other: "1" });
    vi.stubGlobal("localStorage", browser);
    vi.stubGlobal("location", { origin: "https://tickets.example" });
    for (const [subject, left] of [["kim", 7], ["kim", 7], ["lee", 4]] as const) {
      browser.setItem("stagedoor.sign-in", begun);
      vi.resetModules();
      answering(configuration, { body: { id_token: jwt({ sub: subject, nonce: "n" }) } });
      expect(await (await provider()).finish(new URLSearchParams("state=s&code=c"))).toBe("/my");
      expect(Object.keys(browser), subject).toHaveLength(left);
    }
    expect(Object.keys(browser).sort()).toEqual(["other", "stagedoor.id", "stagedoor.language", "stagedoor.subject"]);
  });
  it("ends by the server's clock, whatever this computer's says", async () => {
    const hour = 3600_000;
    const differing = async (difference: number) => {
      vi.resetModules();
      const { clock } = await import("../src/lib/clock");
      clock.note(Date.now() + difference, Date.now(), Date.now());
    };
    await differing(-2 * hour);
    keep("first", -hour); // over, says this computer
    const unasked = answering();
    expect([await (await provider()).proof(), unasked.mock.calls.length]).toEqual(["old", 0]);
    await differing(2 * hour);
    keep("first", hour);
    answering(configuration, { status: 400, body: { error: "invalid_grant" } });
    expect(await (await provider()).proof()).toBeNull();
  });
  it("stays when another page has stored newer tokens", async () => {
    const sent = answering(configuration);
    sent.mockImplementationOnce(sent.getMockImplementation()!).mockImplementationOnce(async () => {
      keep("second", 3600_000);
      return new Response(JSON.stringify({ error: "invalid_grant" }), { status: 400 });
    });
    expect([await (await provider()).proof(), kept()?.refreshToken]).toEqual(["old", "second"]);
  });
});
