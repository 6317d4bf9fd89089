// The seats of a date as an operator sees them: free, held, sold or of the house; every seat can be chosen. Pure.
import { type Mark, SeatStates } from "../map/seat_states";

export type SeatState = "free" | "held" | "sold" | "house";
const OF_LETTER: Record<string, SeatState> = { ".": "free", h: "held", s: "sold", b: "house" };
const MARKS: Record<SeatState, Mark> = { free: "free", held: "held", sold: "taken", house: "house" };

export class HouseSeats extends SeatStates {
  private letters = "";

  override canBeHad(): boolean {
    return true;
  }
  override markOf(index: number): Mark {
    return MARKS[this.stateOf(index)];
  }
  stateOf(index: number): SeatState {
    return OF_LETTER[this.letters[index] ?? ""] ?? "sold";
  }

  // A letter a seat. Returns the seats that have changed.
  setLetters(letters: string): number[] {
    const changed: number[] = [];
    for (let i = 0; i < this.hall.seats; i++) if (letters[i] !== this.letters[i]) changed.push(i);
    this.letters = letters;
    this.isKnown = true;
    return changed;
  }

  // How many of these seats are in each state.
  countsOf(seats: Iterable<number>): Record<SeatState, number> {
    const counts = { free: 0, held: 0, sold: 0, house: 0 };
    for (const seat of seats) counts[this.stateOf(seat)]++;
    return counts;
  }
  get counts(): Record<SeatState, number> {
    return this.countsOf(Array.from({ length: this.hall.seats }, (_, i) => i));
  }
}
