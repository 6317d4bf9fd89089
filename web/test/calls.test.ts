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
