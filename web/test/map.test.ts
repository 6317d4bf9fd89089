// Layouts, states of seats, the camera (R-U5).
import { describe, expect, it } from "vitest";
import { toBase64url } from "../src/lib/bytes";
import { Camera, SEAT_MAX } from "../src/map/camera";
import { Hall, type Layout, type LayoutSection } from "../src/map/hall";
import { SeatStates } from "../src/map/seat_states";
import { choicesOf } from "../src/lib/party";

const section = (name: string, first: number, rows: number, seatsPerRow: number, more: Partial<LayoutSection> = {}): LayoutSection => ({
  name, category: "VIP", firstSeatId: first, rows, seatsPerRow, seats: rows * seatsPerRow, at: [0, 4], angle: 0, curve: 0, ...more,
});
const layout = (sections: LayoutSection[]): Layout => ({
  version: 1, eventDateId: 1, firstSeatId: 100, totalSeats: sections.reduce((sum, one) => sum + one.seats, 0),
  categories: ["VIP", "Regular"], sections,
});
const hall = () => new Hall(layout([section("A", 100, 2, 5), section("B", 110, 3, 4, { at: [0, 8], category: "Regular" })]));
const all = (seats: number, taken: number[] = []) => {
  const bits = new Uint8Array(Math.ceil(seats / 8));
  for (let i = 0; i < seats; i++) if (!taken.includes(i)) bits[i >> 3]! |= 1 << (i & 7);
  return toBase64url(bits);
};
const states = (taken: number[] = []) => {
  const made = new SeatStates(hall());
  made.setBits(all(22, taken));
  return made;
};

describe("a hall", () => {
  it("places straight rows one seat apart, the front row's middle at `at`", () => {
    const of = hall();
    expect([of.x[0], of.y[0], of.x[4], of.x[5], of.y[5]]).toEqual([-2, 4, 2, -2, 5]);
  });
  it("turns sections clockwise and bends rows towards the stage", () => {
    const turned = new Hall(layout([section("A", 100, 2, 3, { angle: 90 })]));
    expect(turned.x[0]).toBeCloseTo(0);
    expect(turned.y[0]).toBeCloseTo(3);
    const bent = new Hall(layout([section("A", 100, 2, 21, { curve: 20, at: [0, 0] })]));
    expect(bent.y[10]).toBeCloseTo(0);
    expect(bent.x[0]).toBeCloseTo(20 * Math.sin(-0.5));
    expect(bent.y[0]).toBeCloseTo(20 * Math.cos(0.5) - 20);
    expect(bent.x[21]).toBeCloseTo(21 * Math.sin(-0.5));
  });
  it("names seats by section, row and number, or by number alone", () => {
    const { section: in_, row, seat } = hall().placeOf(17);
    expect([in_.name, row, seat]).toEqual(["B", 2, 4]);
    const plain = new Hall(layout([section("", 100, 2, 10, { seats: 15 })]));
    expect([plain.placeOf(12).seat, plain.idOf(12), plain.indexOf(112), plain.indexOf(99), plain.at(plain.sections[0]!, 1, 5)]).toEqual([13, 112, 12, null, null]);
  });
  it("finds the seat at a point", () => {
    const of = hall();
    expect(of.nearest(-1.9, 4.2, 0.5)).toBe(0);
    expect(of.nearest(-1.5, 4.5, 0.4)).toBeNull();
    for (let i = 0; i < of.seats; i++) expect(of.nearest(of.x[i]!, of.y[i]!, 0.5)).toBe(i);
  });
});

describe("a hall that is mostly empty", () => {
  it("finds its seats with little memory", () => {
    for (const at of [[0, 1e6], [1e6, 4], [1e6, 1e6], [0, 4]]) {
      const of = new Hall(layout([section("A", 100, 2, 5), section("B", 110, 3, 4, { at })]));
      expect((of as unknown as { grid: { begins: Int32Array } }).grid.begins.length).toBeLessThan(20 * of.seats);
      for (let i = 0; i < of.seats; i++) expect(of.nearest(of.x[i]!, of.y[i]!, 0.3), `${at}`).not.toBeNull();
    }
  });
});

describe("states of seats", () => {
  it("come as bits, change by pairs, and are counted", () => {
    const of = states([0, 21]);
    expect([of.isFree(0), of.isFree(1), of.left, of.leftOfCategory(0), of.leftOfCategory(1)]).toEqual([false, true, 20, 9, 11]);
    expect(of.change([[1, 0], [0, 1], [2, 1], [99, 1]])).toEqual([1, 0]);
    expect([of.left, of.leftOfCategory(0)]).toEqual([20, 9]);
    expect(of.setBits(all(22, [0]))).toEqual([0, 1, 21]);
  });
  it("have room for a party only side by side in one row", () => {
    const of = states([2, 7, 10, 11, 12, 13]);
    const [a, b] = of.hall.sections;
    expect(of.runs(a!, 0, 2)).toEqual([{ first: 0, count: 2 }, { first: 3, count: 2 }]);
    expect([of.hasRoom(a!, 3), of.rowsFor(b!, 4)]).toEqual([false, [1, 2]]);
    expect(choicesOf(of.runs(a!, 0, 1), 2).slice(0, 1)).toEqual([[0, 1]]);
  });
  it("show what is next to a lost seat, the nearest first", () => expect(states([6, 7]).nextTo(7, 3)).toEqual([8, 5, 9]));
  it("lead the arrow keys over what can be had", () => {
    const of = states([1, 2]);
    expect([of.step(0, "right"), of.step(3, "left"), of.step(0, "left"), of.step(2, "down"), of.step(6, "up")]).toEqual([3, 0, null, 7, 0]);
    expect([of.step(8, "down"), of.stepSection(0, 1), of.stepSection(12, -1)]).toEqual([10, 10, 0]);
    of.setMine([1]);
    expect(of.step(0, "right")).toBe(1);
  });
});

describe("the camera", () => {
  const camera = () => {
    const made = new Camera({ left: -50, top: 4, right: 50, bottom: 60 });
    made.resize(400, 300);
    return made;
  };
  it("shows the whole hall at first, and never less", () => {
    const of = camera();
    expect(of.isWhole).toBe(true);
    of.zoomAt(0, 0, 0.1);
    expect(of.isWhole).toBe(true);
  });
  it("keeps the point under the finger while it zooms, within its limits", () => {
    const of = camera();
    const before = of.toHall(200, 150);
    of.zoomAt(200, 150, 4);
    expect(of.toHall(200, 150).map(Math.round)).toEqual(before.map(Math.round));
    of.zoomAt(200, 150, 1000);
    expect(of.scale).toBe(SEAT_MAX);
  });
  it("does not leave the hall", () => {
    const of = camera();
    of.zoomAt(200, 150, 4);
    of.panBy(1e6, 1e6);
    expect(of.visible.left).toBeCloseTo(-51.5);
    expect(of.visible.top).toBeCloseTo(-1.5);
  });
  it("brings a seat into view", () => {
    const of = camera();
    of.reveal(50, 60, 30);
    const [x, y] = of.toScreen(50, 60);
    expect(x > 0 && x < 400 && y > 0 && y < 300 && of.scale === 30).toBe(true);
  });
});
