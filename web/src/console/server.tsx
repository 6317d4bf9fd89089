// What concerns all events: the catalogue file, and the operators' keys.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Schemas } from "../api/client";
import { dateTime } from "../lib/format";
import { fill } from "../lib/i18n";
import { type Summary, dryImport, fetchFile } from "./calls";
import { save } from "./files";
import { Ask, For, Needs, Panel } from "./form";
import { edit, read } from "./session";
import { act, busy, event, live, t } from "./state";

const LISTS = ["added", "changed", "kept", "left"] as const;

function Changes({ of }: { of: Summary }) {
  return (
    <div class="stack tight" data-summary>
      {LISTS.map((name) => (
        <div key={name}>
          <h3>{fill(t.imported[name], { n: of[name].length })}</h3>
          <ul class="dots small">{of[name].slice(0, 100).map((line) => <li key={line}>{line}</li>)}</ul>
        </div>
      ))}
    </div>
  );
}

function Import() {
  const file = useSignal<File | null>(null);
  const overwrite = useSignal(false);
  const would = useSignal<Summary | null>(null);
  const done = useSignal<Summary | null>(null);
  const content = async () => ({ type: file.value!.name.endsWith(".json") ? "application/json" : "application/yaml", body: await file.value!.text() });
  const forgetPlan = () => (would.value = done.value = null);
  const plan = async (submitted: Event) => {
    submitted.preventDefault();
    forgetPlan();
    await act(async () => {
      would.value = await dryImport(await content(), overwrite.value);
      return t.importPlanned;
    });
  };
  const send = () =>
    act(async () => {
      done.value = await edit("adminImportCatalogue", { method: "POST", path: `/admin/import${overwrite.value ? "?overwrite=true" : ""}`, text: await content() });
      would.value = null;
      return t.importDone;
    });
  return (
    <Panel heading={t.importHeading}>
      <p class="small muted">{t.importLead}</p>
      <Needs role="owner">
        <form class="stack tight" onSubmit={(submitted) => void plan(submitted)}>
          <div class="field"><label for="file">{t.file}</label><input id="file" type="file" accept=".yaml,.yml,.json" required onChange={(input) => { file.value = input.currentTarget.files?.[0] ?? null; forgetPlan(); }} /></div>
          <label class="tick"><input type="checkbox" checked={overwrite} onChange={(input) => { overwrite.value = input.currentTarget.checked; forgetPlan(); }} />{t.overwrite}</label>
          <p class="buttons"><button disabled={busy.value || !file.value}>{t.importPlan}</button></p>
        </form>
        {would.value && (
          <div class="note stack tight" role="group" aria-label={t.importPlanned}>
            <Changes of={would.value} />
            <p class="buttons"><button type="button" disabled={busy.value} onClick={() => void send()}>{t.import}</button></p>
          </div>
        )}
        {done.value && <Changes of={done.value} />}
      </Needs>
    </Panel>
  );
}

function Keys() {
  const keys = useSignal<Schemas["KeyDto"][]>([]);
  useEffect(() => void read("adminListKeys", "/admin/keys").then((list) => (keys.value = list)).catch(() => undefined), []);
  return (
    <Panel heading={t.keys}>
      <p class="small muted">{t.keysLead}</p>
      <table class="rows">
        <thead><tr><th scope="col">{t.keyName}</th><th scope="col">{t.keyRole}</th><th scope="col">{t.keyUsed}</th></tr></thead>
        <tbody>{keys.value.map((key) => <tr key={key.name}><td>{key.name}</td><td>{key.role}</td><td class="num">{key.lastUsedAt ? dateTime(key.lastUsedAt) : "–"}</td></tr>)}</tbody>
      </table>
    </Panel>
  );
}

function Export() {
  const of = event.value;
  const download = (path: string, name: string) =>
    act(async () => {
      save(name, await fetchFile(path));
      return fill(t.saved, { name });
    });
  return (
    <Panel heading={t.exportHeading}>
      <p class="small muted">{t.exportLead}</p>
      <p class="buttons">
        <button type="button" class="quiet" disabled={busy.value} onClick={() => void download("/admin/export/catalogue.json", "catalogue.json")}>{t.exportCatalogue}</button>
        <For role="operator">
          {of && <button type="button" class="quiet" disabled={busy.value} onClick={() => void download(`/admin/export/reservations.csv?event=${of.id}`, `reservations-${of.id}.csv`)}>{fill(t.exportReservations, { name: of.name })}</button>}
        </For>
      </p>
      <For role="operator"><p class="tiny">{t.exportNote}</p></For>
    </Panel>
  );
}

// The wall clock of the server was set by more than five seconds (R-A7).
function Clock() {
  if (!live.value?.instance?.clockAlarm) return null;
  const accept = () =>
    act(async () => {
      await edit("adminAcceptClock", { method: "POST", path: "/admin/clock", body: { accept: true } });
      return t.clockDone;
    });
  return (
    <Panel heading={t.clock}>
      <p class="note stop">{t.clockText}</p>
      <Needs role="owner"><Ask label={t.clockAccept} question={t.clockQuestion} yes={t.clockAccept} act={accept} /></Needs>
    </Panel>
  );
}

export function Server() {
  return (
    <div class="two">
      <Import />
      <Export />
      <Clock />
      <For role="owner"><Keys /></For>
    </div>
  );
}
