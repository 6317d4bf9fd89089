// Who the operator is (R-O1, R-U8). The key is in this tab's memory only: a reload of the page forgets it.
import { signal } from "@preact/signals";
import { type Answer, type Data, Refused, type Request, call, change, changeAs, send } from "../api/client";
import type { operations } from "../api/schema";

const ROLES = ["gate", "viewer", "operator", "owner"] as const;
export type Role = (typeof ROLES)[number];
export interface Operator {
  name: string;
  role: Role;
}

export const me = signal<Operator | null>(null);
export const wasRefused = signal(false); // the key is not accepted any more

let key = "";

// Each role includes the rights of those before it, but a viewer only sees, and checks no tickets in.
export function may(role: Role): boolean {
  const own = me.value?.role;
  return !!own && ROLES.indexOf(own) >= ROLES.indexOf(role) && !(own === "viewer" && role === "gate");
}

// Makes a call with the key in its headers.
export async function asOperator<T>(work: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  try {
    return await work({ Authorization: `Bearer ${key}` });
  } catch (error) {
    if (error instanceof Refused && error.code === "ADMIN_KEY_INVALID") {
      wasRefused.value = me.value !== null;
      signOut();
    }
    throw error;
  }
}

export const read = <Id extends keyof operations>(id: Id, path: string): Promise<Data<Id>> => asOperator((headers) => call(id, { path, headers }));
export const readPage = <T>(path: string): Promise<Answer<T>> => asOperator((headers) => send<T>({ path, headers }));
export const edit = <Id extends keyof operations>(id: Id, request: Request): Promise<Data<Id>> => asOperator((headers) => change(id, { ...request, headers }));
export const editAs = <T>(name: string, request: Request): Promise<T> => asOperator((headers) => changeAs<T>(name, { ...request, headers }));
export const readAs = <T>(path: string): Promise<T> => readPage<T>(path).then(({ data }) => data);
// For the stream of live numbers.
export const authorization = () => ({ Authorization: `Bearer ${key}` });

export async function signIn(secret: string): Promise<void> {
  key = secret.trim();
  wasRefused.value = false;
  me.value = await readAs<Operator>("/admin/me");
}

export function signOut(): void {
  key = "";
  me.value = null;
}
