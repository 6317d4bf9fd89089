// What concerns all events: the catalogue file, and the operators' keys.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Request, Schemas } from "../api/client";
import { dateTime } from "../lib/format";
import { fill } from "../lib/i18n";
import { type Summary, dryImport, fetchFile } from "./calls";
import { save } from "./files";
import { Ask, For, Needs, Panel } from "./form";
import { edit, read } from "./session";
import { textOf } from "./staff";
import { act, busy, event, live, t, tell } from "./state";

type Text = NonNullable<Request["text"]>;
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
  const plan = useSignal<{ would: Summary; text: Text } | null>(null);
  const done = useSignal<Summary | null>(null);
  const content = async (): Promise<Text> => ({ type: file.value!.name.endsWith(".json") ? "application/json" : "application/yaml", body: await file.value!.text() });
  const forgetPlan = () => (plan.value = done.value = null);
  const look = async (submitted: Event) => {
    submitted.preventDefault();
    forgetPlan();
    await act(async () => {
      const text = await content();
      plan.value = { would: await dryImport(text, overwrite.value), text };
      return t.importPlanned;
    });
  };
  // What was looked at, although the file may be another one by now.
  const send = (text: Text) =>
    act(async () => {
      done.value = await edit("adminImportCatalogue", { method: "POST", path: `/admin/import${overwrite.value ? "?overwrite=true" : ""}`, text });
      plan.value = null;
      return t.importDone;
    });
  return (
    <Panel heading={t.importHeading}>
      <p class="small muted">{t.importLead}</p>
      <Needs role="owner">
        <form class="stack tight" onSubmit={(submitted) => void look(submitted)}>
          <div class="field"><label for="file">{t.file}</label><input id="file" type="file" accept=".yaml,.yml,.json" required onChange={(input) => { file.value = input.currentTarget.files?.[0] ?? null; forgetPlan(); }} /></div>
          <label class="tick"><input type="checkbox" checked={overwrite} onChange={(input) => { overwrite.value = input.currentTarget.checked; forgetPlan(); }} />{t.overwrite}</label>
          <p class="buttons"><button disabled={busy.value || !file.value}>{t.importPlan}</button></p>
        </form>
        {plan.value && (
          <div class="note stack tight" role="group" aria-label={t.importPlanned}>
            <Changes of={plan.value.would} />
            <p class="buttons"><button type="button" disabled={busy.value} onClick={() => void send(plan.value!.text)}>{t.import}</button></p>
          </div>
        )}
        {done.value && <Changes of={done.value} />}
      </Needs>
    </Panel>
  );
}

function Keys() {
  const keys = useSignal<Schemas["KeyDto"][]>([]);
  useEffect(() => void read("adminListKeys", "/admin/keys").then((list) => (keys.value = list)).catch((error: unknown) => tell("stop", textOf(error))), []);
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

const isSaving = signal(false); // it may take minutes; meanwhile everything else can be done

function Export() {
  const of = event.value;
  const download = async (path: string, name: string) => {
    isSaving.value = true;
    try {
      save(name, await fetchFile(path));
      tell("go", fill(t.saved, { name }));
    } catch (error) {
      tell("stop", textOf(error));
    } finally {
      isSaving.value = false;
    }
  };
  return (
    <Panel heading={t.exportHeading}>
      <p class="small muted">{t.exportLead}</p>
      <p class="buttons">
        <button type="button" class="quiet" disabled={isSaving.value} onClick={() => void download("/admin/export/catalogue.json", "catalogue.json")}>{t.exportCatalogue}</button>
        <For role="operator">
          {of && <button type="button" class="quiet" disabled={isSaving.value} onClick={() => void download(`/admin/export/reservations.csv?event=${of.id}`, `reservations-${of.id}.csv`)}>{fill(t.exportReservations, { name: of.name })}</button>}
        </For>
      </p>
      {isSaving.value && <p class="small muted" role="status">{t.saving}</p>}
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
