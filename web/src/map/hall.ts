// The layout of a date: where each seat is drawn, and what it is called. A seat is named by its index in the layout's order;
// its id is firstSeatId + index. Pure.
import type { Schemas } from "../api/client";

export type Layout = Schemas["LayoutDto"];
// `name`: "" in a layout without sections. `at`: the middle of the front row; the stage is at the origin, a neighbouring seat is
// 1 away. `angle`: degrees, clockwise around `at`. `curve`: radius of the front row; 0: straight.
export type LayoutSection = Schemas["LayoutSectionDto"];

export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Section {
  index: number; // in the hall's sections
  name: string;
  category: number; // index into categories
  first: number; // index of its first seat
  count: number;
  rows: number;
  perRow: number;
  bounds: Bounds;
  front: [number, number]; // the middle of its front row
  ahead: [number, number]; // from there, one seat towards the stage
}

export interface Place {
  section: Section;
  row: number; // from 1
  seat: number; // in the row, from 1; in a layout without sections the number of the date
}

const NOTHING: Bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

export function join(a: Bounds, b: Bounds): Bounds {
  return { left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) };
}

// Of a seat in its section's own coordinates, before it is turned and moved. Curved rows are arcs around one middle; the seats
// of the front row are 1 apart along it, and those behind stand behind them.
function positionInSection(shape: LayoutSection, row: number, column: number, inRow: number): [number, number] {
  const offset = column - (inRow - 1) / 2;
  if (!shape.curve) return [offset, row];
  const radius = shape.curve + row;
  const angle = offset / shape.curve;
  return [radius * Math.sin(angle), radius * Math.cos(angle) - shape.curve];
}

export class Hall {
  readonly sections: Section[] = [];
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly seats: number;
  readonly bounds: Bounds;
  private readonly starts: number[] = [];
  private readonly grid: SeatGrid;

  constructor(readonly layout: Layout) {
    this.seats = layout.totalSeats;
    this.x = new Float32Array(this.seats);
    this.y = new Float32Array(this.seats);
    let bounds = NOTHING;
    for (const shape of layout.sections) {
      const section = this.addSection(shape);
      bounds = join(bounds, section.bounds);
    }
    this.bounds = this.seats ? bounds : { left: -5, top: 0, right: 5, bottom: 5 };
    this.grid = new SeatGrid(this.x, this.y, this.bounds);
  }

  private addSection(shape: LayoutSection): Section {
    const first = shape.firstSeatId - this.layout.firstSeatId;
    const turn = (shape.angle * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const [atX, atY] = [shape.at[0] ?? 0, shape.at[1] ?? 0];
    const place = ([x, y]: [number, number]): [number, number] => [atX + x * cos - y * sin, atY + x * sin + y * cos];
    let bounds = NOTHING;
    for (let i = 0; i < shape.seats; i++) {
      const row = Math.floor(i / shape.seatsPerRow);
      const [x, y] = place(positionInSection(shape, row, i % shape.seatsPerRow, shape.seatsPerRow));
      this.x[first + i] = x;
      this.y[first + i] = y;
      bounds = join(bounds, { left: x, top: y, right: x, bottom: y });
    }
    const section: Section = {
      index: this.sections.length,
      name: shape.name,
      category: Math.max(0, this.layout.categories.indexOf(shape.category)),
      first,
      count: shape.seats,
      rows: shape.rows,
      perRow: shape.seatsPerRow,
      bounds,
      front: [atX, atY],
      ahead: [sin, -cos],
    };
    this.sections.push(section);
    this.starts.push(first);
    return section;
  }

  sectionOf(index: number): Section {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= index) low = middle;
      else high = middle - 1;
    }
    return this.sections[low]!;
  }

  placeOf(index: number): Place {
    const section = this.sectionOf(index);
    const i = index - section.first;
    const inRow = (i % section.perRow) + 1;
    return { section, row: Math.floor(i / section.perRow) + 1, seat: section.name === "" ? index + 1 : inRow };
  }

  // The index of a seat, or null: `row` and `column` from 0.
  at(section: Section, row: number, column: number): number | null {
    const i = row * section.perRow + column;
    return row < 0 || column < 0 || column >= section.perRow || i >= section.count ? null : section.first + i;
  }

  rowRange(section: Section, row: number): [number, number] {
    const begin = section.first + row * section.perRow;
    return [begin, Math.min(begin + section.perRow, section.first + section.count)];
  }

  indexOf(seatId: number): number | null {
    const index = seatId - this.layout.firstSeatId;
    return index >= 0 && index < this.seats ? index : null;
  }
  idOf(index: number): number {
    return this.layout.firstSeatId + index;
  }

  // The seat nearest to a point within `reach`, or null.
  nearest(x: number, y: number, reach: number): number | null {
    return this.grid.nearest(x, y, reach);
  }
}

const CELLS_PER_SEAT = 4;

// Finds seats by their position: seats sorted by square cells, which are of one seat's size, or larger where a hall is mostly empty.
class SeatGrid {
  private readonly size: number;
  private readonly columns: number;
  private readonly lines: number;
  private readonly begins: Int32Array; // of each cell in `order`, and the end
  private readonly order: Int32Array;

  constructor(
    private readonly x: Float32Array,
    private readonly y: Float32Array,
    private readonly bounds: Bounds,
  ) {
    const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
    const most = Math.max(1, x.length * CELLS_PER_SEAT);
    this.size = Math.max(1, Math.sqrt((width * height) / most), width / most, height / most);
    this.columns = Math.ceil(width / this.size) + 1;
    this.lines = Math.ceil(height / this.size) + 1;
    this.begins = new Int32Array(this.columns * this.lines + 1);
    this.order = new Int32Array(x.length);
    const cells = Int32Array.from(x, (_, i) => this.cell(x[i]!, y[i]!));
    for (const cell of cells) this.begins[cell + 1]!++;
    for (let i = 1; i < this.begins.length; i++) this.begins[i]! += this.begins[i - 1]!;
    const next = this.begins.slice();
    cells.forEach((cell, seat) => (this.order[next[cell]!++] = seat));
  }

  private column(x: number): number {
    return Math.max(0, Math.min(this.columns - 1, Math.floor((x - this.bounds.left) / this.size)));
  }
  private line(y: number): number {
    return Math.max(0, Math.min(this.lines - 1, Math.floor((y - this.bounds.top) / this.size)));
  }
  private cell(x: number, y: number): number {
    return this.line(y) * this.columns + this.column(x);
  }

  nearest(x: number, y: number, reach: number): number | null {
    let found: number | null = null;
    let best = reach * reach;
    for (let line = this.line(y - reach); line <= this.line(y + reach); line++) {
      for (let column = this.column(x - reach); column <= this.column(x + reach); column++) {
        const cell = line * this.columns + column;
        for (let i = this.begins[cell]!; i < this.begins[cell + 1]!; i++) {
          const seat = this.order[i]!;
          const distance = (this.x[seat]! - x) ** 2 + (this.y[seat]! - y) ** 2;
          if (distance <= best) [best, found] = [distance, seat];
        }
      }
    }
    return found;
  }
}
