// Parts of the console's forms: fields that follow the server while nobody edits them, groups that ask before they act, and what is
// shown to some roles only.
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { fill } from "../lib/i18n";
import type { Texts } from "./documents";
import { type Role, may } from "./session";
import { staff } from "./staff";
import { busy, t } from "./state";

export interface Draft {
  of(name: string): string;
  set(name: string, text: string): void;
  readonly changes: Texts; // of the fields that differ from the server's
  theirs(name: string): string | null; // what somebody else has made of a field that is edited here
  clear(): void;
}

// `base`: the fields as the server has them.
export function useDraft(base: Texts): Draft {
  const edits = useSignal<Record<string, { from: string; to: string }>>({});
  return {
    of: (name) => edits.value[name]?.to ?? base[name] ?? "",
    set: (name, to) => (edits.value = { ...edits.value, [name]: { from: edits.value[name]?.from ?? base[name] ?? "", to } }),
    get changes() {
      const changed = Object.entries(edits.value).filter(([name, { to }]) => to !== (base[name] ?? ""));
      return Object.fromEntries(changed.map(([name, { to }]) => [name, to]));
    },
    theirs: (name) => {
      const edit = edits.value[name];
      const current = base[name] ?? "";
      return edit && edit.from !== current && edit.to !== current ? current : null;
    },
    clear: () => (edits.value = {}),
  };
}

interface FieldProps {
  draft: Draft;
  name: string;
  label: string;
  type?: "text" | "number" | "datetime-local" | "password";
  hint?: string;
  [attribute: string]: unknown; // of the input
}

export function Field({ draft, name, label, type = "text", hint, ...more }: FieldProps) {
  const id = useId();
  const theirs = draft.theirs(name);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type={type} value={draft.of(name)} onInput={(event) => draft.set(name, event.currentTarget.value)} {...more} />
      {hint && <span class="tiny">{hint}</span>}
      {theirs !== null && <span class="tiny changed">{fill(t.changedMeanwhile, { value: theirs || "–" })}</span>}
    </div>
  );
}

export function Choice({ draft, name, label, choices }: { draft: Draft; name: string; label: string; choices: Record<string, string> }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={draft.of(name)} onChange={(event) => draft.set(name, event.currentTarget.value)}>
        {Object.entries(choices).map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
    </div>
  );
}

export function Tick({ draft, name, label }: { draft: Draft; name: string; label: string }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={draft.of(name) === "true"} onChange={(event) => draft.set(name, String(event.currentTarget.checked))} />
      {label}
    </label>
  );
}

// A button that opens a question; `act` is done when it is answered with yes, and the question closes when that worked.
export function Ask({ label, question, yes, act, children, disabled = false }: {
  label: string;
  question: ComponentChildren;
  yes: string;
  act: () => Promise<boolean>;
  children?: ComponentChildren;
  disabled?: boolean;
}) {
  const isOpen = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (isOpen.value) (box.current?.querySelector<HTMLElement>("input, textarea, select") ?? box.current)?.focus();
    else if (wasOpen.current) button.current?.focus();
    wasOpen.current = isOpen.value;
  }, [isOpen.value]);
  if (!isOpen.value) {
    return <button ref={button} type="button" class="quiet" disabled={disabled || busy.value} onClick={() => (isOpen.value = true)}>{label}</button>;
  }
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await act()) isOpen.value = false;
  };
  return (
    <div ref={box} class="note ask" role="group" aria-label={label} tabIndex={-1} onKeyDown={(event) => event.key === "Escape" && (isOpen.value = false)}>
      <form class="stack tight" onSubmit={(event) => void submit(event)}>
        <p>{question}</p>
        {children}
        <p class="buttons">
          <button disabled={busy.value}>{yes}</button>
          <button type="button" class="quiet" onClick={() => (isOpen.value = false)}>{t.no}</button>
        </p>
      </form>
    </div>
  );
}

// Shown to keys of this role and above only.
export function For({ role, children }: { role: Role; children: ComponentChildren }) {
  return may(role) ? <>{children}</> : null;
}

// Says so where the role of the key is too low for all of a panel.
export function Needs({ role, children }: { role: "operator" | "owner"; children: ComponentChildren }) {
  return may(role) ? <>{children}</> : <p class="small muted">{fill(t.needsRole, { role: staff.roles[role] })}</p>;
}

export function Panel({ heading, children, wide = false }: { heading: string; children: ComponentChildren; wide?: boolean }) {
  const id = useId();
  return (
    <section class={wide ? "sheet stack tight wide-panel" : "sheet stack tight"} aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      {children}
    </section>
  );
}
