// What the check-in keeps in this browser, to go on without network and after a reload: its scans, the questions that the server has
// not answered, and what it takes along of each date.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Layout } from "../map/hall";
import type { Revocations, Scan } from "./ledger";
import type { Jwk } from "./verify";

export interface Luggage extends Revocations {
  dateId: number;
  eventName: string;
  startsAt: string;
  timeZone: string;
  layout: Layout;
  keys: Jwk[];
  takenAt: number; // ms
}

// Whether this ticket may enter. The server may have said yes although the answer was lost; asked again with the same `at`, it says so again.
export interface Question {
  serial: string;
  at: string;
}

interface Kept extends DBSchema {
  scans: { key: [string, string]; value: Scan };
  luggage: { key: number; value: Luggage };
  questions: { key: string; value: Question };
}

let opened: Promise<IDBPDatabase<Kept>> | null = null;
const close = () => (opened = null); // the next call opens it again
function database(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>("stagedoor-gate", 2, {
    upgrade(made, from) {
      if (from < 1) {
        made.createObjectStore("scans", { keyPath: ["serial", "at"] });
        made.createObjectStore("luggage", { keyPath: "dateId" });
      }
      made.createObjectStore("questions", { keyPath: "serial" });
    },
    terminated: close,
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  return opened;
}

export async function keptScans(): Promise<Scan[]> {
  return (await (await database()).getAll("scans")).sort((a, b) => a.at.localeCompare(b.at));
}

// These resolve when it is on the disk.
export async function keepScans(scans: readonly Scan[]): Promise<void> {
  const change = (await database()).transaction("scans", "readwrite", { durability: "strict" });
  await Promise.all([...scans.map((scan) => change.store.put(scan)), change.done]);
}
// The answer to the question of this ticket: somebody is let in.
export async function keepEntry(scan: Scan): Promise<void> {
  const change = (await database()).transaction(["scans", "questions"], "readwrite", { durability: "strict" });
  await Promise.all([change.objectStore("scans").put(scan), change.objectStore("questions").delete(scan.serial), change.done]);
}

export async function keptQuestions(): Promise<Question[]> {
  return (await database()).getAll("questions");
}
export async function keepQuestion(question: Question): Promise<void> {
  const change = (await database()).transaction("questions", "readwrite", { durability: "strict" });
  await Promise.all([change.store.put(question), change.done]);
}
export async function dropQuestion(serial: string): Promise<void> {
  await (await database()).delete("questions", serial);
}

export async function keptLuggage(): Promise<Luggage[]> {
  return (await database()).getAll("luggage");
}
export async function keepLuggage(luggage: Luggage): Promise<void> {
  await (await database()).put("luggage", luggage);
}
