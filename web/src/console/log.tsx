// What operators changed (the audit log), newest first, and as a file for a spreadsheet.
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Schemas } from "../api/client";
import { dateTime, time } from "../lib/format";
import { common } from "../lib/page";
import { For, Panel } from "./form";
import { me, readPage } from "./session";
import { textOf } from "./staff";
import { csvOf, save } from "./files";
import { events, t, tell, zone } from "./state";

export type LogRow = Schemas["LogDto"];
const PAGE = 50;

const log = signal<LogRow[] | null>(null);
const cursor = signal<string | null>(null);
const isBusy = signal(false);

effect(() => {
  if (!me.value) log.value = cursor.value = null;
});

// `after`: a cursor, for older rows. Without one, the newest rows join those that are there.
async function loadPage(after: string | null): Promise<void> {
  if (isBusy.value) return;
  isBusy.value = true;
  try {
    const answer = await readPage<LogRow[]>(`/admin/log?limit=${PAGE}${after ? `&cursor=${after}` : ""}`);
    const known = log.value ?? [];
    const joins = after !== null || answer.data.some((row) => row.id === known[0]?.id);
    const rows = after ? answer.data : answer.data.filter((row) => !joins || row.id > known[0]!.id);
    log.value = !joins ? rows : after ? [...known, ...rows] : [...rows, ...known];
    if (after || !joins) cursor.value = answer.nextCursor;
  } catch (error) {
    if (after) tell("stop", textOf(error));
  } finally {
    isBusy.value = false;
  }
}

// Reads the newest rows now, and whenever the events are loaded again. Null: none were read yet.
export function useLog(): readonly LogRow[] | null {
  const all = events.value;
  useEffect(() => void loadPage(null), [all]);
  return log.value;
}

// {"request":{"people":200},"changed":["event 1"]} -> "request (people: 200), changed: event 1".
function short(detail: unknown): string {
  if (Array.isArray(detail)) return detail.map(short).join(", ");
  if (typeof detail !== "object" || detail === null) return String(detail ?? "–");
  return Object.entries(detail).filter(([, value]) => short(value) !== "").map(([name, value]) => (isObject(value) ? `${name} (${short(value)})` : `${name}: ${short(value)}`)).join(", ");
}
const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

export function LogRows({ rows, isShort = false }: { rows: readonly LogRow[] | null; isShort?: boolean }) {
  if (!rows) return <p class="small muted" role="status">{common.loading}</p>;
  if (!rows.length) return <p class="small muted">{t.logNone}</p>;
  return (
    <table class={isShort ? "rows" : "rows log"}>
      <thead class={isShort ? "only-heard" : ""}><tr><th scope="col">{t.logTime}</th><th scope="col">{t.logWhat}</th><th scope="col">{t.logWho}</th></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td class="num">{isShort ? time(row.createdAt, zone.value) : dateTime(row.createdAt, zone.value)}</td>
            <td>
              <b>{row.action}</b>{row.eventId ? ` · ${row.eventId}` : ""} <span class="muted">{isShort ? short(row.detail).slice(0, 60) : short(row.detail).slice(0, 600)}</span>
            </td>
            <td class="muted">{row.operatorName}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Log() {
  const rows = useLog();
  const download = () => save("log.csv", csvOf(["id", "time", "operator", "action", "event", "detail"], (rows ?? []).map((row) => [row.id, row.createdAt, row.operatorName, row.action, row.eventId ?? "", JSON.stringify(row.detail)])));
  return (
    <Panel heading={t.logHeading}>
      <LogRows rows={rows} />
      <p class="buttons">
        {cursor.value && <button type="button" class="quiet" disabled={isBusy.value} onClick={() => void loadPage(cursor.value)}>{t.logMore}</button>}
        <For role="viewer"><button type="button" class="quiet" disabled={!rows?.length} onClick={download}>{t.logCsv}</button></For>
      </p>
    </Panel>
  );
}
