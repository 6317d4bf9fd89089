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

// Prices and seats left of all dates, by category, in the order of the first date that has it.
export function categoriesOf(event: Pick<EventWithDates, "dates">): Category[] {
  const found = new Map<string, Category>();
  for (const date of event.dates) {
    for (const { category, price, left } of date.prices) {
      const known = found.get(category);
      if (!known) found.set(category, { name: category, low: price, high: price, left });
      else Object.assign(known, { low: Math.min(known.low, price), high: Math.max(known.high, price), left: known.left + left });
    }
  }
  return [...found.values()];
}

// Remembers when each category was first seen without a seat (R-U4: what just sold out).
export class SoldOutTimes {
  private readonly times = new Map<string, number>();

  note(stock: Stock, now: number): void {
    for (const { name, seatsLeft } of stock.categories) {
      if (seatsLeft > 0) this.times.delete(name);
      else if (!this.times.has(name)) this.times.set(name, now);
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
