// What the newer operators' calls answer, and the calls themselves.
import { type Reservation, type Schemas, sendForFile } from "../api/client";
import { asOperator, editAs, readAs, readPage } from "./session";

export interface Latency {
  calls: string;
  requests: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}
export interface Instance {
  behindMs: number; // how old its picture of other instances' commits may be
  storeAway: boolean;
  clockAlarm: boolean;
  seconds: number; // that refusals and latency count
  refusals: Record<string, number>;
  latency: Latency[];
}
export type LiveEvent = Schemas["LiveEventDto"] & { estimatedWaitSeconds?: number | null };
export interface LiveDocument {
  at: string;
  events: LiveEvent[];
  instance: Instance;
}

export interface Cancellation {
  reason: string;
  by: string;
  begun_at: string;
  finished_at?: string | null;
  carry_to?: number | null;
  seats: number;
  seats_done: number;
  refunded: number;
  refunded_amount: number;
  carried: number;
  carried_amount: number;
}

export type Summary = Schemas["ImportSummary"];

// One letter a seat in the order of the layout: "." free, "h" held, "s" sold, "b" of the house.
export const seatsOf = (dateId: number) => readAs<{ eventDateId: number; firstSeatId: number; seats: string }>(`/admin/dates/${dateId}/seats`);

// `query`: exactly one of id, user, seat, ticket.
export const findReservations = (query: Record<string, string>, cursor: string | null = null) =>
  readPage<Reservation[]>(`/admin/reservations?${new URLSearchParams({ ...query, limit: "50", ...(cursor ? { cursor } : {}) })}`);

export const releaseReservation = (id: number) => editAs<Reservation>("adminReleaseReservation", { method: "POST", path: `/admin/reservations/${id}/release` });
export const reassignReservation = (id: number, userId: string) => editAs<Reservation>("adminReassignReservation", { method: "POST", path: `/admin/reservations/${id}/reassign`, body: { userId } });

export const cancelDate = (id: number, body: { reason: string; carry_to?: number }) => editAs<unknown>("adminCancelDate", { method: "POST", path: `/admin/dates/${id}/cancel`, body });
export const moveDate = (id: number, body: object) => editAs<unknown>("adminMoveDate", { method: "POST", path: `/admin/dates/${id}/move`, body });

export const dryImport = (text: { type: string; body: string }, overwrite: boolean) =>
  editAs<Summary>("adminImportCatalogue dry", { method: "POST", path: `/admin/import?dry_run=true${overwrite ? "&overwrite=true" : ""}`, text });

// A file, as it is.
export const fetchFile = (path: string): Promise<Blob> => asOperator((headers) => sendForFile({ path, headers }));
