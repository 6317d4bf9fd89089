// The scans' way to the server, and what a gate takes along anew with each sync (R-P9).
import { effect, signal, untracked } from "@preact/signals";
import { Refused, send } from "../api/client";
import { asOperator, me } from "../console/session";
import { clock } from "../lib/clock";
import { follow } from "../lib/follow";
import { time } from "../lib/format";
import { fill } from "../lib/i18n";
import { announce, change, counts, device, fetchKeys, fetchRevocations, isOffline, keep, loadChoices, luggage, noteNetwork, readKept, scans, syncedAt, t, trouble, verdict } from "./gate_state";
import { type Luggage, keepLuggage } from "./kept";
import { type Answered, SENT_AT_ONCE, type Scan, type Sent, answered, judged, keyOf, unsent } from "./ledger";

const SYNC_MS = 8_000;

// Scans that the server does not take, and why. They stay on the device, and are sent again after a sign-in.
export const refused = signal<ReadonlyMap<string, string>>(new Map());

// Somebody was let in by mistake. Final: this scan never counts again.
export async function undo(scan: Scan): Promise<void> {
  await change([{ ...scan, undo: "unsent" }]);
  verdict.value = null;
  announce(t.undone);
  void sync();
}

// Each step is done although an earlier one was refused: a gate that cannot report takes the list along all the same.
let isSyncing = false;
export async function sync(): Promise<void> {
  if (isSyncing || !me.value) return;
  isSyncing = true;
  let failed: unknown = null;
  for (const step of [sendScans, takeRevocations, takeKeys]) {
    if (failed instanceof Refused && failed.code === "NETWORK") break;
    await step().catch((error: unknown) => (failed ??= error));
  }
  if (!failed) syncedAt.value = clock.now();
  noteNetwork(failed);
  isSyncing = false;
}

async function sendScans(): Promise<void> {
  const all = unsent(scans.value).filter((one) => !refused.value.has(keyOf(one)));
  for (let from = 0; from < all.length; from += SENT_AT_ONCE) await sendPart(all.slice(from, from + SENT_AT_ONCE));
}

// One scan that the server does not take must not keep back the others.
async function sendPart(part: readonly Sent[]): Promise<void> {
  try {
    await report(part);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 400) throw error;
    if (part.length === 1) refused.value = new Map(refused.value).set(keyOf(part[0]!), reasonOf(error));
    else for (const one of part) await sendPart([one]);
  }
}

function reasonOf({ message, extra }: Refused): string {
  const details = extra["details"];
  return (Array.isArray(details) && (details[0] as { message?: string } | undefined)?.message) || message;
}

async function report(part: readonly Sent[]): Promise<void> {
  const body = { device, scans: part };
  const { data } = await asOperator((headers) => send<{ results: Omit<Answered, "device">[] }>({ method: "POST", path: "/admin/check-in", headers, body }));
  const before = scans.value;
  const after = answered(before, part, data.results);
  await change(after.filter((scan, i) => scan !== before[i]));
}

// Changes what is taken along for the date of this moment, if that is still the one that was asked about.
async function takeAlong(dateId: number, more: Partial<Luggage>): Promise<boolean> {
  if (luggage.value?.dateId !== dateId) return false;
  luggage.value = { ...luggage.value, ...more, takenAt: clock.now() };
  await keep(keepLuggage(luggage.value));
  return true;
}

async function takeRevocations(): Promise<void> {
  const dateId = luggage.value?.dateId;
  if (dateId === undefined) return;
  const known = await fetchRevocations(dateId);
  if (!(await takeAlong(dateId, { revoked: known.revoked, usedTwice: known.usedTwice }))) return;
  const before = scans.value.filter((scan) => scan.dateId === dateId);
  const after = before.map((scan) => judged(scan, known, device));
  await change(after.filter((scan, i) => scan.result !== before[i]!.result || scan.first?.at !== before[i]!.first?.at));
}

// A key that is not published any more is not accepted any more.
async function takeKeys(): Promise<void> {
  const dateId = luggage.value?.dateId;
  if (dateId !== undefined) await takeAlong(dateId, { keys: await fetchKeys() });
}

// What the page says about all that. Calm: nothing has to be done or known.
export function syncState(): { isCalm: boolean; text: string } {
  const { unsent: n } = counts.value;
  const noted = (text: string) => ({ isCalm: false, text });
  if (trouble.value) return noted(fill(t.failing, { reason: trouble.value, n }));
  if (isOffline.value) return noted(fill(t.offline, { n }));
  if (!me.value) return noted(t.noKey);
  if (refused.value.size) return noted(fill(t.notAllSent, { n }));
  return { isCalm: true, text: n === 0 && syncedAt.value ? fill(t.synced, { time: time(syncedAt.value) }) : t.syncing };
}

export async function start(): Promise<void> {
  await readKept();
  await loadChoices();
  effect(() => {
    if (!me.value) return undefined;
    return untracked(() => {
      refused.value = new Map();
      if (!luggage.value) void loadChoices();
      return follow(sync, SYNC_MS);
    });
  });
  window.addEventListener("online", () => {
    isOffline.value = false;
    if (!luggage.value) void loadChoices();
    void sync();
  });
  window.addEventListener("offline", () => (isOffline.value = true));
}
