// What the check-in keeps in this browser, to go on without network and after a reload: its scans, and what it takes along of each date.
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

interface Kept extends DBSchema {
  scans: { key: [string, string]; value: Scan };
  luggage: { key: number; value: Luggage };
}

let opened: Promise<IDBPDatabase<Kept>> | null = null;
function database(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>("stagedoor-gate", 1, {
    upgrade(made) {
      made.createObjectStore("scans", { keyPath: ["serial", "at"] });
      made.createObjectStore("luggage", { keyPath: "dateId" });
    },
  });
  return opened;
}

export async function keptScans(): Promise<Scan[]> {
  return (await (await database()).getAll("scans")).sort((a, b) => a.at.localeCompare(b.at));
}

// Resolves when they are on the disk.
export async function keepScans(scans: readonly Scan[]): Promise<void> {
  const change = (await database()).transaction("scans", "readwrite", { durability: "strict" });
  await Promise.all([...scans.map((scan) => change.store.put(scan)), change.done]);
}

export async function keptLuggage(): Promise<Luggage[]> {
  return (await database()).getAll("luggage");
}
export async function keepLuggage(luggage: Luggage): Promise<void> {
  await (await database()).put("luggage", luggage);
}
