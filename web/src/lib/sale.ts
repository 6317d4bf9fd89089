// What the pages say about an event's sale. Pure.
import type { EventDto, EventWithDates, Stock } from "../api/client";

export type SaleState = "UPCOMING" | "ON_SALE" | "HELD" | "SOLD_OUT" | "CLOSED";

// HELD: on sale, and every seat that is left is held by somebody.
export function saleState(event: Pick<EventDto, "status" | "seatCount" | "totalSeats" | "heldSeats">): SaleState {
  if (event.status === "ON_SALE" && event.totalSeats > 0 && event.seatCount === 0) return "HELD";
  return event.status;
}

export interface Category {
  name: string;
  low: number;
  high: number;
  left: number;
}

function sumByName(rows: Iterable<{ name: string; price: number; left: number }>): Category[] {
  const found = new Map<string, Category>();
  for (const { name, price, left } of rows) {
    const known = found.get(name);
    if (!known) found.set(name, { name, low: price, high: price, left });
    else Object.assign(known, { low: Math.min(known.low, price), high: Math.max(known.high, price), left: known.left + left });
  }
  return [...found.values()];
}

// Prices and seats left of all dates, by category, in the order of the first date that has it.
export function categoriesOf(event: Pick<EventWithDates, "dates">): Category[] {
  return sumByName(event.dates.flatMap((date) => date.prices.map(({ category, price, left }) => ({ name: category, price, left }))));
}

// The same of what a waiting person is told, in the order of `names`, so that the marks are those of the seat map.
export function categoriesOfStock(stock: Stock, names: readonly string[]): Category[] {
  const order = (name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
  const rows = stock.categories.map(({ name, price, seatsLeft }) => ({ name, price, left: seatsLeft }));
  return sumByName(rows).sort((a, b) => order(a.name) - order(b.name));
}

// Remembers when each category ran out of seats (R-U4: what just sold out); null: before this page looked.
export class SoldOutTimes {
  private readonly times = new Map<string, number | null>();
  private readonly seen = new Set<string>();

  note(categories: readonly Category[], now: number): void {
    for (const { name, left } of categories) {
      if (left > 0) this.times.delete(name);
      else if (!this.times.has(name)) this.times.set(name, this.seen.has(name) ? now : null);
      this.seen.add(name);
    }
  }
  of(name: string): number | null {
    return this.times.get(name) ?? null;
  }
}

export function matches(event: Pick<EventDto, "name" | "performer" | "venue">, search: string): boolean {
  const text = `${event.name} ${event.performer} ${event.venue}`.toLocaleLowerCase();
  return search.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word));
}
