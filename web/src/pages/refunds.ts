// What became of the seat and the money of a ticket whose date was cancelled (R-U7). Pure.
import type { Reservation } from "../api/client";

export type Outcome =
  | { kind: "carried"; to: Reservation } // the ticket that it was carried over to
  | { kind: "refund-comes" | "refund-came" };

export const isTicket = (one: Reservation) => one.status === "PAID" || one.status === "REFUNDED";

// The texts that ask whether a ticket is given back: the money goes to who paid.
export const giveBackTexts = (one: Reservation) => (one.paidByOther ? { ask: "refundOther", sure: "refundSureOther" } as const : { ask: "refund", sure: "refundSure" } as const);

// `all`: the fan's reservations. A carried seat came with the refund of the old one in one step; a seat that was taken there did not come.
export function outcomeOf(one: Reservation, all: readonly Reservation[]): Outcome | null {
  if (!one.dateCancelled) return null;
  if (one.status === "PAID") return { kind: "refund-comes" };
  const to = all.find((other) => isTicket(other) && other.createdAt === one.updatedAt && other.eventId === one.eventId && other.seatNumber === one.seatNumber);
  return to ? { kind: "carried", to } : { kind: "refund-came" };
}
