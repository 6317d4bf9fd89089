// One client for all calls of the API. A call is named by its operationId; what it answers comes from the API document
// (schema.d.ts, generated). Who is calling is added by identity.ts.
import { clock } from "../lib/clock";
import { language } from "../lib/i18n";
import { randomUuid } from "../lib/bytes";
import { type Where, forget, read, write } from "../lib/store";
import type { components, operations } from "./schema";

export type Schemas = components["schemas"];
export type EventDto = Schemas["EventDto"];
export type EventWithDates = Schemas["EventWithDatesDto"];
export type EventDate = Schemas["EventDateDto"];
export type QueuePlace = Schemas["QueuePlace"];
export type Room = Schemas["PublicRoomDto"];
export type Draw = Schemas["DrawDto"];
export type Reservation = Schemas["ReservationDto"];
export type Stock = Schemas["Stock"];

type Body<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Success<O> = O extends { responses: infer R } ? Body<R[Extract<keyof R, 200 | 201>]> : never;
// `data` of the call's success, and the cursor beside it where there is one.
export type Data<Id extends keyof operations> = Success<operations[Id]> extends { data: infer D } ? D : never;
export type Code = Schemas["Problem"]["code"] | "NETWORK";

// What the server refused, or that it could not be reached (NETWORK).
export class Refused extends Error {
  constructor(
    readonly code: Code | string,
    message: string,
    readonly status = 0,
    readonly extra: Record<string, unknown> = {},
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
  // Whether the same call may succeed if it is sent again soon, without anything having been done in between.
  get isPassing(): boolean {
    return ["NETWORK", "OVERLOADED", "STORE_UNAVAILABLE", "OUTCOME_UNKNOWN", "RATE_LIMITED"].includes(this.code);
  }
  // Whether the change may have been made all the same.
  get isUnknown(): boolean {
    return this.code === "NETWORK" || this.code === "OUTCOME_UNKNOWN";
  }
}

export interface Request {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  headers?: Record<string, string>;
  body?: unknown; // sent as JSON
  text?: { type: string; body: string }; // sent as it is, instead
  key?: string; // Idempotency-Key
  timeOutMs?: number;
}

export interface Answer<T> {
  data: T;
  nextCursor: string | null;
}

const TIME_OUT_MS = 15_000;

function bodyOf(request: Request): { type: string; body: string } | null {
  if (request.text) return request.text;
  return request.body === undefined ? null : { type: "application/json", body: JSON.stringify(request.body) };
}

export async function send<T>(request: Request): Promise<Answer<T>> {
  const sentAt = Date.now();
  const content = bodyOf(request);
  let response: Response;
  let body: Record<string, unknown>;
  try {
    response = await fetch(request.path, {
      method: request.method ?? "GET",
      headers: {
        Accept: "application/json",
        "Accept-Language": language,
        ...(content ? { "Content-Type": content.type } : {}),
        ...(request.key ? { "Idempotency-Key": request.key } : {}),
        ...request.headers,
      },
      signal: AbortSignal.timeout(request.timeOutMs ?? TIME_OUT_MS),
      ...(content ? { body: content.body } : {}),
    });
    body = (await response.json()) as Record<string, unknown>;
  } catch (error) {
    throw new Refused("NETWORK", String(error));
  }
  clock.note(Date.parse(response.headers.get("Date") ?? ""), sentAt, Date.now());
  if (response.ok && body["success"] === true) {
    return { data: body["data"] as T, nextCursor: (body["nextCursor"] as string | null) ?? null };
  }
  const { code, message, ...extra } = body;
  const retryAfter = Number(response.headers.get("Retry-After") ?? 0) * 1000;
  throw new Refused(String(code ?? "INTERNAL"), String(message ?? ""), response.status, extra, retryAfter);
}

// For an answer that is a file, not JSON.
export async function sendForFile(request: Pick<Request, "path" | "headers">): Promise<Blob> {
  const answer = await fetch(request.path, { headers: { "Accept-Language": language, ...request.headers } }).catch((error: unknown) => {
    throw new Refused("NETWORK", String(error));
  });
  if (answer.ok) return answer.blob().catch((error: unknown) => Promise.reject(new Refused("NETWORK", String(error)))); // broken off
  const { code, message } = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
  throw new Refused(code ?? "INTERNAL", message ?? "", answer.status);
}

// The same, named by its operation.
export async function call<Id extends keyof operations>(_: Id, request: Request): Promise<Data<Id>> {
  return (await send<Data<Id>>(request)).data;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

// The keys of changes that were given up without an answer, by what they ask for. That of a charge outlives the page. An operator's
// names a user, so it stays in the tab.
const openKeys = new Map<string, string>();
const CHARGES: Record<string, Where> = { chargeBalance: "browser", adminChargeBalance: "tab" };

// The page has loaded what its changes have made: asked for again, they are meant anew. A charge is known by its answer only.
export function changesAreKnown(): void {
  openKeys.clear();
}

// Sends a change under one idempotency key until its outcome is known: an answer that was lost is asked for again (R-X5), also by
// a later call for the same.
export function change<Id extends keyof operations>(id: Id, request: Request, tries = 4): Promise<Data<Id>> {
  return changeAs<Data<Id>>(id, request, tries);
}

// The same for a call that is named by the caller.
export async function changeAs<T>(id: string, request: Request, tries = 4): Promise<T> {
  const name = `key.${id} ${request.path} ${bodyOf(request)?.body ?? null}`;
  const where = CHARGES[id];
  const key = request.key ?? openKeys.get(name) ?? (where && read<string>(name, where)) ?? randomUuid();
  if (where) write(name, key, where);
  for (let left = tries; ; left--) {
    try {
      const { data } = await send<T>({ ...request, key });
      closeKey(name, where);
      return data;
    } catch (error) {
      const isPassing = error instanceof Refused && error.isPassing;
      const isOpen = isPassing || (error instanceof Refused && error.status === 401); // 401: not looked at, an earlier try may have been
      if (!isOpen) closeKey(name, where);
      else if (!where) openKeys.set(name, key);
      if (!isPassing || left <= 1) throw error;
      await sleep(Math.max(error.retryAfterMs, (tries - left + 1) * 700));
    }
  }
}

function closeKey(name: string, where?: Where): void {
  openKeys.delete(name);
  if (where) forget(name, where);
}
