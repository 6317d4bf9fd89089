// The console's pure parts: forms and documents, times in an event's zone, live numbers, files (R-U8).
import { describe, expect, it } from "vitest";
import { documentOf, linesOf, numbersOf, patchOf, textsOf } from "../src/console/documents";
import { csvOf } from "../src/console/files";
import { HouseSeats } from "../src/console/house_seats";
import { History, Minute, lastIn, soldOutIn } from "../src/console/live_numbers";
import { queryOf } from "../src/console/query";
import { type Role, may, me } from "../src/console/session";
import { Hall } from "../src/map/hall";
import { toInstant, toLocal } from "../src/lib/zoned";

describe("times in an event's zone", () => {
  it("go into a form and back", () => {
    for (const [instant, zone, local] of [
      ["2036-02-01T10:00:00.000Z", "Asia/Seoul", "2036-02-01T19:00"],
      ["2036-07-01T10:00:00.000Z", "America/New_York", "2036-07-01T06:00"],
      ["2036-12-31T23:30:00.000Z", "Pacific/Kiritimati", "2037-01-01T13:30"],
    ] as const) {
      expect(toLocal(instant, zone)).toBe(local);
      expect(toInstant(local, zone)).toBe(instant);
    }
  });
  it("are right on the days on which clocks are changed", () => {
    for (const instant of ["2036-03-30T00:30:00.000Z", "2036-03-30T01:30:00.000Z", "2036-10-26T02:30:00.000Z"]) {
      expect(toInstant(toLocal(instant, "Europe/Berlin"), "Europe/Berlin")).toBe(instant);
    }
  });
});

describe("a form", () => {
  const event = { name: "Club", on_sale: { from: "2036-02-01T10:00:00.000Z" }, policy: { seats_per_user: 4 }, closed: null, queue: null };
  it("shows a document's fields as texts", () => {
    expect(textsOf(event, ["name", "on_sale.from", "policy.seats_per_user", "closed", "queue.beacon"], "Asia/Seoul")).toEqual({
      name: "Club", "on_sale.from": "2036-02-01T19:00", "policy.seats_per_user": "4", closed: "false", "queue.beacon": "",
    });
  });
  it("becomes a patch of what was changed only; an empty field takes the value back", () => {
    const changes = { "on_sale.from": "2036-02-01T20:00", "policy.refund_until": "", "policy.seats_per_user": "2", closed: "true", name: " Club " };
    expect(patchOf(changes, "Asia/Seoul")).toEqual({
      on_sale: { from: "2036-02-01T11:00:00.000Z" }, policy: { refund_until: null, seats_per_user: 2 }, closed: true, name: "Club",
    });
  });
  it("becomes a document without what is empty", () => {
    expect(documentOf({ name: "Club", venue: " ", "on_sale.from": "2036-02-01T19:00", closed: "false" }, "Asia/Seoul")).toEqual({ name: "Club", on_sale: { from: "2036-02-01T10:00:00.000Z" } });
  });
  it("takes lists as people write them", () => {
    expect(linesOf("a\n b, c;a\n\n")).toEqual(["a", "b", "c"]);
    expect(numbersOf("1-4, 7 9–10")).toEqual([1, 2, 3, 4, 7, 9, 10]);
    for (const wrong of ["", "x", "4-1", "1-", "1-99999999"]) expect(numbersOf(wrong), wrong).toBeNull();
  });
});

describe("live numbers", () => {
  const at = (seconds: number, sold: number, waiting = 10) => [seconds * 1000, { waiting, active: 1, holds: 2, sold }] as const;
  it("keep ten minutes and the peak", () => {
    const history = new History();
    for (let second = 0; second <= 700; second++) history.add(...at(second, second, second === 30 ? 500 : 10));
    history.add(...at(700, 0)); // the same moment again
    expect([history.samples.length, history.samples[0]!.at, history.peak]).toEqual([601, 100_000, 500]);
    expect(history.sellingRate).toBeCloseTo(1);
  });
  it("tell nothing of a rate that is not known", () => {
    const history = new History();
    history.add(...at(0, 0));
    expect(history.sellingRate).toBeNull();
    history.add(...at(10, 0));
    expect(soldOutIn({ seatCount: 5, holds: 0 }, history.sellingRate)).toBeNull();
    expect([soldOutIn({ seatCount: 5, holds: 1 }, 2), soldOutIn({ seatCount: 0, holds: 0 }, 2)]).toEqual([3, null]);
    expect([lastIn({ waiting: 100, admittedPerSecond: 20 }), lastIn({ waiting: 100, admittedPerSecond: 0 })]).toEqual([5, null]);
  });
});

describe("refusals and latency", () => {
  const instance = (refusals: Record<string, number>, requests = 0) => ({
    behindMs: 0, storeAway: false, clockAlarm: false, seconds: 2, refusals,
    latency: requests ? [{ calls: "poll", requests, p50Ms: 1, p95Ms: 2, p99Ms: 3 }] : [],
  });
  it("are summed over a minute, the most frequent first", () => {
    const minute = new Minute();
    minute.add(1_000, instance({ A: 5, B: 1 }, 8));
    minute.add(2_000, instance({ B: 7 }));
    minute.add(2_000, instance({ B: 7 })); // the same document again
    minute.add(3_000, { ...instance({ A: 9 }), seconds: 0 }); // nobody has counted
    expect(minute.refusals).toEqual([["B", 8], ["A", 5]]);
    expect(minute.latencies).toEqual([{ calls: "poll", requests: 4, p50Ms: 1, p95Ms: 2, p99Ms: 3 }]);
    minute.add(61_500, instance({}));
    expect([minute.refusals, minute.latencies]).toEqual([[["B", 7]], []]);
  });
});

describe("the house's seats", () => {
  it("are told by letters; every seat can be reached and chosen", () => {
    const section = { name: "A", category: "VIP", firstSeatId: 100, rows: 1, seatsPerRow: 5, seats: 5, at: [0, 4], angle: 0, curve: 0 };
    const seats = new HouseSeats(new Hall({ version: 1, eventDateId: 1, firstSeatId: 100, totalSeats: 5, categories: ["VIP"], sections: [section] }));
    expect(seats.setLetters(".hsb.")).toEqual([0, 1, 2, 3, 4]);
    expect(seats.setLetters("hhsb.")).toEqual([0]);
    expect([0, 1, 2, 3, 4].map((seat) => seats.markOf(seat))).toEqual(["held", "held", "taken", "house", "free"]);
    expect(seats.counts).toEqual({ free: 1, held: 2, sold: 1, house: 1 });
    expect([seats.step(0, "right"), seats.step(4, "left")]).toEqual([1, 3]);
  });
});

describe("what is looked for", () => {
  it("is a user, a reservation or a ticket", () => {
    expect(queryOf(" 11111111-2222-4333-8444-55555555555A ")).toEqual({ user: "11111111-2222-4333-8444-55555555555a" });
    expect([queryOf("No. 4711"), queryOf("#7"), queryOf("00ff 00ff-00ff 00ff")]).toEqual([{ id: "4711" }, { id: "7" }, { ticket: "00ff00ff00ff00ff" }]);
    for (const wrong of ["", "Kim", "-1", "1.5"]) expect(queryOf(wrong), wrong).toBeNull();
  });
});

describe("files", () => {
  it("are CSV that no spreadsheet runs", async () => {
    expect(await csvOf(["a", "b"], [[1, 'x "y", z'], ["=1+1", "-"]]).text()).toBe('a,b\r\n1,"x ""y"", z"\r\n"\'=1+1","\'-"\r\n');
    for (const begin of ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"]) expect(await csvOf([], [[`${begin}1`]]).text()).toBe(`\r\n"'${begin}1"\r\n`);
    expect(await csvOf([], [["Drama - Act 1", -1]]).text()).toBe("\r\nDrama - Act 1,-1\r\n");
  });
});

describe("roles (R-O1)", () => {
  it("include those before them, but a viewer checks no tickets in", () => {
    const roles: Role[] = ["gate", "viewer", "operator", "owner"];
    const found = roles.map((own) => {
      me.value = { name: "", role: own };
      return roles.filter(may).join(" ");
    });
    me.value = null;
    expect(found).toEqual(["gate", "viewer", "gate viewer operator", "gate viewer operator owner"]);
    expect(may("viewer")).toBe(false);
  });
});
