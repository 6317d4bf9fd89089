// What the pages decide: states of waiting, of a sale, of a sign-in.
import { describe, expect, it } from "vitest";
import type { QueuePlace, Reservation } from "../src/api/client";
import { checkClaims, claimsOf, safeReturn } from "../src/api/oidc";
import { SoldOutTimes, categoriesOf, categoriesOfStock, matches, saleState } from "../src/lib/sale";
import { giveBackTexts, outcomeOf } from "../src/pages/refunds";
import { joinDelay, kindOf, progress, waitOf } from "../src/pages/wait_state";

const place = (more: Partial<QueuePlace> = {}): QueuePlace => ({
  eventId: 1, userId: "u", token: "Bearer x", status: "CREATED", position: 5, pollAfterMs: 1000, issuedAt: "", admittedLastMinute: 0, soldOut: false, ...more,
});

describe("waiting", () => {
  it("says one thing in each state (R-U4)", () => {
    const kinds: [Partial<QueuePlace>, string][] = [
      [{}, "waiting"],
      [{ position: null }, "gathering"],
      [{ estimatedWaitHigh: 60 }, "near"],
      [{ estimatedWaitSeconds: 61 }, "waiting"],
      [{ paused: { since: "", text: "" } }, "paused"],
      [{ soldOut: true }, "sold-out"],
      [{ status: "ACTIVATED" }, "turn"],
      [{ status: "EXPIRED", reason: "PAID" }, "paid"],
      [{ status: "EXPIRED", reason: "TURN_OVER" }, "turn-over"],
      [{ status: "EXPIRED", reason: "LEFT" }, "left"],
      [{ status: "EXPIRED", reason: "EMPTIED" }, "emptied"],
      [{ status: "EXPIRED", reason: "SALE_OVER" }, "over"],
    ];
    for (const [more, kind] of kinds) expect(kindOf(place(more), null), kind).toBe(kind);
    expect(kindOf(null, null)).toBe("joining");
    expect(kindOf(place(), "invalid")).toBe("invalid");
  });
  it("tells the wait as a band of minutes, or that it is unknown", () => {
    expect(waitOf({})).toEqual({ kind: "unknown" });
    expect(waitOf({ estimatedWaitSeconds: 40 })).toEqual({ kind: "soon" });
    expect(waitOf({ estimatedWaitSeconds: 400, estimatedWaitLow: 370, estimatedWaitHigh: 470 })).toEqual({ kind: "band", low: 6, high: 8 });
    expect(waitOf({ estimatedWaitSeconds: 60 })).toEqual({ kind: "one", minutes: 1 });
  });
  it("shows the way through the line", () => expect([progress(1000, 380), progress(null, 5), progress(10, 20), progress(10, 0)]).toEqual([62, 0, 0, 100]));
});

describe("a join that came too early", () => {
  it("is made again when the line opens, and seldom while it stays closed", () => {
    const hour = 3600_000;
    const cases = [[hour, 0, 0], [hour, 0, 1], [hour, 2 * hour, 0], [48 * hour, 0, 0], [-100, 0, 0], [-100, 0, 1], [-5000, 0, 0], [-5000, 0, 1], [-hour, 60_000, 0.5]] as const;
    expect(cases.map((one) => joinDelay(...one))).toEqual([hour, hour + 800, 2 * hour, 24 * hour, 500, 1000, 3000, 6000, 90_000]);
  });
});

describe("a sale", () => {
  const event = { status: "ON_SALE" as const, seatCount: 0, totalSeats: 50, heldSeats: 2 };
  it("says when only held seats are left", () => {
    expect([saleState(event), saleState({ ...event, seatCount: 1 }), saleState({ ...event, status: "SOLD_OUT" })]).toEqual(["HELD", "ON_SALE", "SOLD_OUT"]);
  });
  it("sums categories over dates, with the range of prices", () => {
    const dates = [[{ category: "VIP", price: 9, left: 1 }], [{ category: "VIP", price: 7, left: 2 }, { category: "B", price: 1, left: 0 }]].map((prices) => ({ prices }));
    expect(categoriesOf({ dates } as unknown as Parameters<typeof categoriesOf>[0])).toEqual([
      { name: "VIP", low: 7, high: 9, left: 3 },
      { name: "B", low: 1, high: 1, left: 0 },
    ]);
  });
  it("sums what is left by name, in the order of the seat map", () => {
    const row = (name: string, price: number, seatsLeft: number) => ({ name, price, seatsLeft });
    const stock = { seatsLeft: 7, categories: [row("Balcony", 1, 4), row("VIP", 8, 1), row("VIP", 9, 2)] };
    expect(categoriesOfStock(stock, ["VIP", "Balcony"])).toEqual([
      { name: "VIP", low: 8, high: 9, left: 3 },
      { name: "Balcony", low: 1, high: 1, left: 4 },
    ]);
  });
  it("remembers when a category ran out, until it comes back", () => {
    const times = new SoldOutTimes();
    const stock = (left: number) => [{ name: "VIP", low: 1, high: 1, left }];
    times.note(stock(0), 10);
    expect(times.of("VIP")).toBeNull(); // it was gone before
    times.note(stock(1), 20);
    times.note(stock(0), 30);
    times.note(stock(0), 40);
    expect(times.of("VIP")).toBe(30);
    times.note(stock(1), 50);
    expect(times.of("VIP")).toBeNull();
  });
  it("is found by words of name, performer and venue (R-U3)", () => {
    const night = { name: "Winter Club Night", performer: "The Understudies", venue: "Stagedoor Club" };
    expect([matches(night, ""), matches(night, "club under"), matches(night, "hall")]).toEqual([true, true, false]);
  });
});

describe("a ticket whose date was cancelled (R-U7)", () => {
  const at = "2036-02-01T10:00:00.000Z", done = "2036-02-01T10:00:01.000Z";
  const ticket = (more: Partial<Reservation>) => ({ id: 1, status: "REFUNDED", eventDateId: 1, seatNumber: 7, createdAt: "2036-01-01T10:00:00.000Z", updatedAt: done, eventId: 1, dateCancelled: { at, reason: "" }, ...more }) as Reservation;
  const other = (more: Partial<Reservation> = {}) => ticket({ id: 2, status: "PAID", eventDateId: 2, createdAt: done, dateCancelled: null, ...more });
  const kind = (one: Reservation, ...all: Reservation[]) => outcomeOf(one, [one, ...all])?.kind;
  it("was carried over only if the fan has the same seat there since", () => {
    expect(outcomeOf(ticket({}), [ticket({}), other()])).toEqual({ kind: "carried", to: other() });
    for (const not of [other({ eventId: 3 }), other({ seatNumber: 8 }), other({ status: "CANCELLED" }), other({ createdAt: "2036-01-31T10:00:00.000Z" })]) {
      expect(kind(ticket({}), not), JSON.stringify(not)).toBe("refund-came");
    }
    expect([kind(ticket({ status: "PAID" }), other()), kind(other())]).toEqual(["refund-comes", undefined]);
  });
  it("is refunded to who paid", () => {
    expect([giveBackTexts(other()).sure, giveBackTexts(other({ paidByOther: true })).sure]).toEqual(["refundSure", "refundSureOther"]);
  });
});

describe("a sign-in (R-U12)", () => {
  const expected = { issuer: "https://id", clientId: "fans", nonce: "n", now: 1_000_000 };
  const good = { iss: "https://id", aud: ["fans"], nonce: "n", exp: 2000 };
  it("takes the ID token of this sign-in only", () => {
    expect(() => checkClaims(good, expected)).not.toThrow();
    for (const wrong of [{ iss: "https://other" }, { aud: "others" }, { nonce: "m" }, { exp: 900 }, { exp: undefined }]) {
      expect(() => checkClaims({ ...good, ...wrong }, expected), JSON.stringify(wrong)).toThrow();
    }
  });
  it("reads claims with any letters", () => {
    const payload = Buffer.from(JSON.stringify({ name: "김무대" })).toString("base64url");
    expect(claimsOf(`x.${payload}.y`)).toEqual({ name: "김무대" });
    expect(() => claimsOf("x")).toThrow();
  });
  it("leads back to pages of this server only", () => {
    expect(["/buy/2?date=3", "//evil.example", "https://evil.example", "/\\evil.example", null].map(safeReturn)).toEqual(["/buy/2?date=3", "/", "/", "/", "/"]);
  });
});
