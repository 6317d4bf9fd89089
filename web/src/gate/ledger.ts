// What a gate decides without asking anybody, and what becomes of its scans when it does ask (R-P9). Pure; docs/tickets.md has the rules.
export type Result = "ACCEPTED" | "ALREADY_USED" | "REVOKED" | "UNKNOWN";

export interface Use {
  at: string;
  device: string;
}

// Somebody who was let in here. A scan is named by its serial and its time.
export interface Scan {
  serial: string;
  at: string;
  dateId: number;
  place: string; // section, row and seat, as they were shown
  isSent: boolean;
  undo: "no" | "unsent" | "sent";
  result: Result; // as far as this gate knows by now
  first: Use | null; // the scan that counts instead
}

// What a gate takes along for a date.
export interface Revocations {
  revoked: string[];
  usedTwice: { serial: string; first: Use; later: Use[] }[];
}

export type Verdict =
  | { kind: "good"; place: string; isOffline: boolean }
  | { kind: "used"; first: Use }
  | { kind: "revoked" }
  | { kind: "unknown" }
  | { kind: "other-date"; dateId: number }
  | { kind: "unsure"; why: "number" | "browser" | "disk" }; // cannot be checked without the server

// What names a scan, and is the same however its time is written.
export const keyOf = ({ serial, at }: { serial: string; at: string }) => `${serial} ${Date.parse(at)}`;
const isSame = (use: Use, scan: Scan, device: string) => use.device === device && Date.parse(use.at) === Date.parse(scan.at);

// What is against this ticket, as far as is known here; null: nothing.
export function objection(serial: string, known: Revocations, scans: readonly Scan[], device: string): Verdict | null {
  if (known.revoked.includes(serial)) return { kind: "revoked" };
  const own = scans.find((scan) => scan.serial === serial && scan.undo === "no" && scan.result !== "UNKNOWN");
  if (own) return { kind: "used", first: own.first ?? { at: own.at, device } };
  const twice = known.usedTwice.find((one) => one.serial === serial);
  return twice ? { kind: "used", first: twice.first } : null;
}

export interface Sent {
  serial: string;
  at: string;
  undo?: boolean;
}
export const SENT_AT_ONCE = 200;

// Scans and undos that the server has not got. An undo follows its scan.
export function unsent(scans: readonly Scan[]): Sent[] {
  return scans.flatMap(({ serial, at, isSent, undo }) => [
    ...(isSent ? [] : [{ serial, at }]),
    ...(undo === "unsent" ? [{ serial, at, undo: true }] : []),
  ]);
}

export interface Answered extends Use {
  serial: string;
  result: Result;
  first: Use | null;
}

// The scans after the server has answered to what was sent, in its order.
export function answered(scans: readonly Scan[], sent: readonly Sent[], results: readonly Omit<Answered, "device">[]): Scan[] {
  const got = new Map<string, { scan?: Omit<Answered, "device">; isUndone?: boolean }>();
  sent.forEach((one, i) => {
    const result = results[i];
    if (!result) return;
    const known = got.get(keyOf(one)) ?? {};
    got.set(keyOf(one), one.undo ? { ...known, isUndone: true } : { ...known, scan: result });
  });
  return scans.map((scan) => {
    const found = got.get(keyOf(scan));
    if (!found) return scan;
    return {
      ...scan,
      ...(found.scan ? { isSent: true, result: found.scan.result, first: found.scan.first } : {}),
      ...(found.isUndone && scan.undo === "unsent" ? { undo: "sent" as const } : {}),
    };
  });
}

// What is true of a scan of a date after a sync: somebody else's scan may have been earlier, whenever it arrived.
export function judged(scan: Scan, known: Revocations, device: string): Scan {
  if (!scan.isSent || scan.undo !== "no" || scan.result === "UNKNOWN") return scan;
  if (known.revoked.includes(scan.serial)) return { ...scan, result: "REVOKED", first: null };
  const twice = known.usedTwice.find(({ serial }) => serial === scan.serial);
  if (twice && !isSame(twice.first, scan, device)) return { ...scan, result: "ALREADY_USED", first: twice.first };
  return { ...scan, result: "ACCEPTED", first: null };
}

// People who are in although the ticket was used elsewhere, revoked, or made up.
export const isWrong = (scan: Scan) => scan.undo === "no" && scan.result !== "ACCEPTED";
export const isIn = (scan: Scan) => scan.undo === "no";
