// Which seats can be had, which are the fan's, and what follows from it: counts, rows for a party, neighbours. Pure.
import { fromBase64url } from "../lib/bytes";
import type { Hall, Section } from "./hall";

export interface Run {
  first: number; // index of its first seat
  count: number;
}

// How a seat is drawn: `held` and `house` are for operators, to whom more is told.
export type Mark = "free" | "taken" | "held" | "house";

export class SeatStates {
  protected readonly free: Uint8Array;
  private readonly mine = new Set<number>();
  private readonly freeInSection: Int32Array;
  private readonly freeOfCategory: Int32Array;
  isKnown = false; // whether any state has been received

  constructor(readonly hall: Hall) {
    this.free = new Uint8Array(hall.seats);
    this.freeInSection = new Int32Array(hall.sections.length);
    this.freeOfCategory = new Int32Array(Math.max(1, hall.layout.categories.length));
  }

  isFree(index: number): boolean {
    return this.free[index] === 1;
  }
  isMine(index: number): boolean {
    return this.mine.has(index);
  }
  canBeHad(index: number): boolean {
    return this.isFree(index) || this.isMine(index);
  }
  markOf(index: number): Mark {
    return this.canBeHad(index) ? "free" : "taken";
  }
  get mySeats(): number[] {
    return [...this.mine].sort((a, b) => a - b);
  }

  // All seats: bit i % 8 of byte i / 8, the lowest first. Returns the seats that have changed.
  setBits(text: string): number[] {
    const bytes = fromBase64url(text);
    const changed: number[] = [];
    for (let i = 0; i < this.free.length; i++) {
      const free = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
      if (free !== this.free[i]) changed.push(i);
      this.free[i] = free;
    }
    this.isKnown = true;
    this.count();
    return changed;
  }

  // Pairs of an index and 1 for free. Returns the seats that have changed.
  change(pairs: readonly (readonly [number, number])[]): number[] {
    const changed: number[] = [];
    for (const [index, free] of pairs) {
      if (index < 0 || index >= this.free.length || this.free[index] === free) continue;
      this.free[index] = free;
      const section = this.hall.sectionOf(index);
      this.freeInSection[section.index]! += free ? 1 : -1;
      this.freeOfCategory[section.category]! += free ? 1 : -1;
      changed.push(index);
    }
    return changed;
  }

  setMine(indices: readonly number[]): number[] {
    const changed = new Set([...this.mine, ...indices]);
    this.mine.clear();
    for (const index of indices) this.mine.add(index);
    return [...changed];
  }

  private count(): void {
    this.freeOfCategory.fill(0);
    this.hall.sections.forEach((section, i) => {
      let sum = 0;
      for (let seat = section.first; seat < section.first + section.count; seat++) sum += this.free[seat]!;
      this.freeInSection[i] = sum;
      this.freeOfCategory[section.category]! += sum;
    });
  }

  leftIn(section: Section): number {
    return this.freeInSection[section.index] ?? 0;
  }
  get left(): number {
    return this.freeOfCategory.reduce((sum, count) => sum + count, 0);
  }
  leftOfCategory(category: number): number {
    return this.freeOfCategory[category] ?? 0;
  }

  // Free seats side by side in a row (from 0), at least `party` of them.
  runs(section: Section, row: number, party: number): Run[] {
    const [begin, end] = this.hall.rowRange(section, row);
    const found: Run[] = [];
    for (let seat = begin; seat < end; seat++) {
      if (!this.free[seat]) continue;
      const first = seat;
      while (seat < end && this.free[seat]) seat++;
      if (seat - first >= party) found.push({ first, count: seat - first });
    }
    return found;
  }

  // Rows (from 0) of a section that have room for a party.
  rowsFor(section: Section, party: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < section.rows; row++) if (this.runs(section, row, party).length) rows.push(row);
    return rows;
  }
  hasRoom(section: Section, party: number): boolean {
    if (this.leftIn(section) < party) return false;
    for (let row = 0; row < section.rows; row++) if (this.runs(section, row, party).length) return true;
    return false;
  }

  // Free seats next to one that was lost: in its row, the nearest first.
  nextTo(index: number, count: number): number[] {
    const section = this.hall.sectionOf(index);
    const [begin, end] = this.hall.rowRange(section, Math.floor((index - section.first) / section.perRow));
    const found: number[] = [];
    for (let distance = 1; distance < end - begin && found.length < count; distance++) {
      for (const seat of [index - distance, index + distance]) {
        if (seat >= begin && seat < end && this.free[seat] && found.length < count) found.push(seat);
      }
    }
    return found;
  }

  // From seat to seat with the arrow keys, over seats that can be had. Null: there is none that way.
  step(from: number, direction: "left" | "right" | "up" | "down"): number | null {
    const section = this.hall.sectionOf(from);
    const row = Math.floor((from - section.first) / section.perRow);
    if (direction === "left" || direction === "right") {
      const by = direction === "left" ? -1 : 1;
      for (let seat = from + by; seat >= section.first && seat < section.first + section.count; seat += by) {
        if (this.canBeHad(seat)) return seat;
      }
      return null;
    }
    const by = direction === "up" ? -1 : 1;
    for (let other = row + by; other >= 0 && other < section.rows; other += by) {
      const nearest = this.nearestInRow(section, other, (from - section.first) % section.perRow);
      if (nearest !== null) return nearest;
    }
    return this.stepSection(from, by);
  }

  // The first seat that can be had in the next section with one.
  stepSection(from: number, by: number): number | null {
    const sections = this.hall.sections;
    for (let i = this.hall.sectionOf(from).index + by; i >= 0 && i < sections.length; i += by) {
      const first = this.firstIn(sections[i]!);
      if (first !== null) return first;
    }
    return null;
  }

  firstIn(section: Section): number | null {
    for (let seat = section.first; seat < section.first + section.count; seat++) if (this.canBeHad(seat)) return seat;
    return null;
  }
  get first(): number | null {
    for (const section of this.hall.sections) {
      const found = this.firstIn(section);
      if (found !== null) return found;
    }
    return null;
  }

  private nearestInRow(section: Section, row: number, column: number): number | null {
    for (let distance = 0; distance < section.perRow; distance++) {
      for (const at of [column - distance, column + distance]) {
        const seat = this.hall.at(section, row, at);
        if (seat !== null && this.canBeHad(seat)) return seat;
      }
    }
    return null;
  }
}
