// What became of the seat and the money of a ticket whose date was cancelled (R-U7). Pure.
import type { Reservation } from "../api/client";

export type Outcome =
  | { kind: "carried"; to: Reservation } // the ticket that it was carried over to
  | { kind: "refund-comes" | "refund-came" | "payer-refund-comes" | "payer-refund-came" };

export const isTicket = (one: Reservation) => one.status === "PAID" || one.status === "REFUNDED";

// The texts that ask whether a ticket is given back: the money goes to who paid.
export const giveBackTexts = (one: Reservation) => (one.paidByOther ? { ask: "refundOther", sure: "refundSureOther" } as const : { ask: "refund", sure: "refundSure" } as const);

// `all`: the fan's reservations. A seat that was taken on the other date was not carried over, and is not among them.
export function outcomeOf(one: Reservation, all: readonly Reservation[]): Outcome | null {
  const cancelled = one.dateCancelled;
  if (!cancelled) return null;
  if (one.status === "PAID") return { kind: one.paidByOther ? "payer-refund-comes" : "refund-comes" };
  const to = all.find((other) => other.eventDateId === cancelled.carriedToId && other.seatNumber === one.seatNumber && isTicket(other) && Date.parse(other.createdAt) >= Date.parse(cancelled.at));
  if (to) return { kind: "carried", to };
  return { kind: one.paidByOther ? "payer-refund-came" : "refund-came" };
}
