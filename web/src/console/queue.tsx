// The controls of an event's queue: how many are let in, pausing with a text, emptying, priority, the beacon of a draw (R-Q17).
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fill } from "../lib/i18n";
import { linesOf, patchOf, textsOf } from "./documents";
import { Ask, Choice, Field, Needs, Panel, Tick, useDraft } from "./form";
import { edit, may, read } from "./session";
import { textOf } from "./staff";
import { type AdminEvent, act, busy, liveEvent, t, tell, zone } from "./state";

const MAIN = ["admission", "people", "every", "capacity"] as const;
const MORE = ["active_ttl", "visit_max", "presence_timeout", "return_share", "priority_share", "spread"] as const;
const DURATION = "([0-9]+(ms|s|m|h|d))+";

function Policy({ of, children }: { of: AdminEvent; children: ComponentChildren }) {
  const draft = useDraft(textsOf(of.queue ?? {}, [...MAIN, ...MORE], zone.value));
  const isMore = useSignal(false);
  const admission = draft.of("admission");
  const apply = async (event: Event) => {
    event.preventDefault();
    const body = patchOf(draft.changes, zone.value);
    const isDone = await act(async () => {
      await edit("adminChangeQueue", { method: "PATCH", path: `/admin/events/${of.id}/queue`, body });
      return t.policyDone;
    });
    if (isDone) draft.clear();
  };
  return (
    <form class="stack tight" onSubmit={(event) => void apply(event)}>
      <Choice draft={draft} name="admission" label={t.admission} choices={t.admissions} />
      {admission !== "capacity" && <Field draft={draft} name="people" label={t.people} type="number" min="1" required />}
      {admission !== "capacity" && <Field draft={draft} name="every" label={t.every} pattern={DURATION} required />}
      {admission !== "interval" && <Field draft={draft} name="capacity" label={t.capacity} type="number" min="1" required />}
      <button type="button" class="disclosure" aria-expanded={isMore.value} onClick={() => (isMore.value = !isMore.value)}>{t.more}</button>
      {isMore.value && (
        <div class="stack tight">
          <Field draft={draft} name="active_ttl" label={t.activeTtl} pattern={DURATION} required />
          <Field draft={draft} name="visit_max" label={t.visitMax} pattern={DURATION} required />
          <Field draft={draft} name="presence_timeout" label={t.presence} pattern={DURATION} required />
          <Field draft={draft} name="return_share" label={t.returnShare} type="number" min="0" max="1" step="any" required />
          <Field draft={draft} name="priority_share" label={t.priorityShare} type="number" min="0" max="1" step="any" required />
          <Tick draft={draft} name="spread" label={t.spread} />
        </div>
      )}
      <p class="buttons">
        <button disabled={busy.value || !Object.keys(draft.changes).length}>{t.apply}</button>
        {Object.keys(draft.changes).length > 0 && <button type="button" class="quiet" onClick={draft.clear}>{t.undo}</button>}
      </p>
      {children}
    </form>
  );
}

function Pause({ of }: { of: AdminEvent }) {
  const text = useSignal("");
  const pause = () =>
    act(async () => {
      const body = text.value.trim() ? { text: text.value.trim() } : {};
      await edit("adminPauseQueue", { method: "POST", path: `/admin/events/${of.id}/queue/pause`, body });
      text.value = "";
      return t.pauseDone;
    });
  const resume = () =>
    act(async () => {
      await edit("adminResumeQueue", { method: "POST", path: `/admin/events/${of.id}/queue/resume` });
      return t.resumeDone;
    });
  if (of.paused) return <button type="button" disabled={busy.value} onClick={() => void resume()}>{t.resume}</button>;
  return (
    <Ask label={t.pause} question={t.pauseQuestion} yes={t.pauseYes} act={pause}>
      <div class="field">
        <label for="pause-text">{t.pauseText}</label>
        <input id="pause-text" maxLength={160} value={text} onInput={(event) => (text.value = event.currentTarget.value)} />
        <span class="tiny">{t.pauseHint}</span>
      </div>
    </Ask>
  );
}

function Empty({ of }: { of: AdminEvent }) {
  const people = (liveEvent.value?.waiting ?? 0) + (liveEvent.value?.active ?? 0);
  const empty = () =>
    act(async () => {
      const done = await edit("adminEmptyQueue", { method: "POST", path: `/admin/events/${of.id}/queue/empty` });
      return fill(t.emptyDone, { n: done.people });
    });
  if (!of.paused) return <p class="tiny">{t.emptyFirst}</p>;
  return <Ask label={t.empty} question={fill(t.emptyQuestion, { n: people })} yes={t.emptyYes} act={empty} />;
}

function Priority({ of }: { of: AdminEvent }) {
  const users = useSignal<string[] | null>(null);
  const added = useSignal("");
  const path = `/admin/events/${of.id}/queue/priority`;
  const load = () => read("adminListPriority", path).then((list) => (users.value = list.userIds)).catch((error: unknown) => tell("stop", textOf(error)));
  useEffect(() => void load(), [of.id]);
  const add = async (event: Event) => {
    event.preventDefault();
    const userIds = linesOf(added.value);
    const isDone = await act(async () => {
      const made = await edit("adminGrantPriority", { method: "POST", path, body: { userIds } });
      return fill(t.priorityAdded, { n: made.users });
    });
    if (isDone) added.value = "";
    void load();
  };
  const remove = async (user: string) => {
    await act(async () => {
      await edit("adminEndPriority", { method: "DELETE", path: `${path}/${user}` });
      return t.priorityRemoved;
    });
    void load();
  };
  return (
    <Panel heading={t.priority}>
      {users.value && <p class="small muted">{fill(t.priorityLead, { n: users.value.length })}</p>}
      <ul class="list">
        {(users.value ?? []).slice(0, 50).map((user) => (
          <li key={user} class="row rule small">
            <code>{user}</code>
            {may("operator") && <button type="button" class="link" aria-label={fill(t.priorityRemoveLabel, { user })} disabled={busy.value} onClick={() => void remove(user)}>{t.remove}</button>}
          </li>
        ))}
      </ul>
      <Needs role="operator">
        <form class="stack tight" onSubmit={(event) => void add(event)}>
          <div class="field">
            <label for="priority-add">{t.priorityUsers}</label>
            <textarea id="priority-add" rows={2} value={added} onInput={(event) => (added.value = event.currentTarget.value)} />
          </div>
          <p class="buttons"><button class="quiet" disabled={busy.value || !linesOf(added.value).length}>{t.priorityAdd}</button></p>
        </form>
      </Needs>
    </Panel>
  );
}

function Beacon({ of }: { of: AdminEvent }) {
  const value = useSignal("");
  if (of.queue?.order !== "draw" || !of.queue.beacon || of.status !== "ON_SALE") return null;
  const give = () =>
    act(async () => {
      await edit("adminNameBeacon", { method: "POST", path: `/admin/events/${of.id}/queue/draw`, body: { beacon: value.value.trim() } });
      return t.beaconDone;
    });
  return (
    <Ask label={t.beacon} question={fill(t.beaconQuestion, { source: of.queue.beacon })} yes={t.beaconYes} act={give}>
      <div class="field"><label for="beacon">{t.beaconValue}</label><input id="beacon" required value={value} onInput={(event) => (value.value = event.currentTarget.value)} /></div>
    </Ask>
  );
}

export function Queue({ of, children }: { of: AdminEvent; children: ComponentChildren }) {
  const isPriority = useSignal(false);
  return (
    <>
      <Panel heading={t.queue}>
        <Needs role="operator">
          <Policy of={of}>{children}</Policy>
          <div class="stack tight controls">
            <Pause of={of} />
            <Beacon of={of} />
            <Empty of={of} />
          </div>
        </Needs>
        {!may("operator") && children}
        <button type="button" class="disclosure" aria-expanded={isPriority.value} onClick={() => (isPriority.value = !isPriority.value)}>{t.priority}</button>
        <p class="tiny">{t.everythingIsLogged}</p>
      </Panel>
      {isPriority.value && <Priority of={of} />}
    </>
  );
}
