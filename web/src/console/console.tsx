// The console of operators (R-U8): sign-in by key, which event, which of its pages.
import { type JSX, render } from "preact";
import { effect } from "@preact/signals";
import { clock, everySecond } from "../lib/clock";
import { span, time } from "../lib/format";
import { fill, translatePage } from "../lib/i18n";
import { common, onConnection, startPage } from "../lib/page";
import { EventTab, NewEvent } from "./event";
import { Find } from "./find";
import { Log } from "./log";
import { Sale } from "./sale";
import { Seats } from "./seats";
import { Server } from "./server";
import { may, me, signOut } from "./session";
import { SignIn } from "./sign_in";
import { staff } from "./staff";
import * as s from "./state";

const { t } = s;

// Says so when the numbers are old, or nothing can be changed.
function Trouble() {
  const trouble = s.trouble.value;
  if (!trouble) return null;
  const values = { time: s.lastHeard.value ? time(s.lastHeard.value) : "–", span: span((s.live.value?.instance.behindMs ?? 0) / 1000) };
  return <p class="note stop" role="status" data-trouble={trouble}>{fill(t.troubles[trouble], values)}</p>;
}

function Notice() {
  const said = s.notice.value;
  if (!said) return null;
  return (
    <div class={`note ${said.kind} row`} data-notice>
      <div><p>{said.text}</p>{said.details.length > 0 && <ul class="dots small">{said.details.map((line) => <li key={line}>{line}</li>)}</ul>}</div>
      <button type="button" class="link" onClick={() => (s.notice.value = null)}>{t.dismiss}</button>
    </div>
  );
}

function Bar() {
  const of = s.event.value;
  const state = of?.paused ? "PAUSED" : of?.status;
  return (
    <div class="bar">
      <h1 class="only-heard">{of?.name ?? t.title}</h1>
      {(s.events.value?.length ?? 0) > 0 && (
        <select aria-label={t.event} value={of?.id} onChange={(event) => s.goTo(s.tab.value, Number(event.currentTarget.value))}>
          {s.events.value!.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
      )}
      {state && <span class={`badge ${state.toLowerCase()}`} id="status">{t.status[state]}</span>}
      {may("operator") && <a class="small" href={s.pathTo("new")}>{t.newEvent}</a>}
      <span class="spacer" />
      {s.live.value && !s.trouble.value && <span class="small muted live">{fill(t.liveNow, { n: s.live.value.instance?.behindMs ?? 0 })}</span>}
      <span class="small muted">{me.value!.name ? `${me.value!.name} · ` : ""}{staff.roles[me.value!.role]}</span>
      <button type="button" class="link" onClick={signOut}>{staff.signOut}</button>
    </div>
  );
}

function Tabs() {
  return (
    <nav class="tabs" aria-label={t.pages}>
      {s.TABS.map((tab) => (
        <a key={tab} href={s.pathTo(tab)} {...(tab === s.tab.value && !s.isNew.value ? { "aria-current": "page" } : {})}>{t.tabs[tab]}</a>
      ))}
    </nav>
  );
}

// No event yet: how to make one.
function First() {
  return (
    <section class="sheet stack">
      <h2>{t.noEvents}</h2>
      <p>{may("operator") ? t.noEventsHow : fill(t.needsRole, { role: staff.roles.operator })}</p>
      <p class="buttons">
        {may("operator") && <a class="button" href={s.pathTo("new")}>{t.newEvent}</a>}
        {may("owner") && <a class="button quiet" href={s.pathTo("server")}>{t.importHeading}</a>}
      </p>
    </section>
  );
}

const PAGES: Record<s.Tab, () => JSX.Element | null> = { sale: Sale, event: EventTab, seats: Seats, find: Find, log: Log, server: Server };

function Content() {
  if (s.isNew.value) return <NewEvent />;
  const Shown = PAGES[s.tab.value];
  if (["find", "log", "server"].includes(s.tab.value)) return <Shown />;
  if (!s.events.value) return <p class="muted" role="status">{common.loading}</p>;
  if (!s.events.value.length) return <First />;
  return s.event.value ? <Shown /> : <p class="sheet muted">{common.noEvent}</p>;
}

function Page() {
  if (!me.value) return <SignIn title={t.title} />;
  if (me.value.role === "gate") {
    return (
      <section class="sheet stack sign-in">
        <h1>{t.title}</h1>
        <p>{t.gateOnly}</p>
        <p class="buttons"><a class="button" href="/gate">{staff.gate}</a><button type="button" class="quiet" onClick={signOut}>{staff.signOut}</button></p>
      </section>
    );
  }
  return (
    <>
      <Bar />
      <Tabs />
      <Trouble />
      <Notice />
      <Content />
    </>
  );
}

const TROUBLES = { network: "offline", store: "store-away", behind: "behind", late: "late" };

// What the page shows in the main, by one word: for tests, and for styles.
function stateNow(): string {
  if (!me.value) return "signed-out";
  if (me.value.role === "gate") return "rights";
  if (s.trouble.value) return TROUBLES[s.trouble.value];
  if (!s.events.value) return "loading";
  if (!s.event.value) return s.events.value.length ? "no-such-event" : "no-event";
  return s.event.value.paused ? "paused" : s.event.value.status.toLowerCase().replace("_", "-");
}

translatePage({ common, staff, console: t });
startPage();
const main = document.getElementById("main")!;
main.classList.add("console");
main.replaceChildren();
render(<Page />, main);
s.start();
everySecond(() => (s.now.value = clock.now()));
effect(() => void (main.dataset["state"] = stateNow()));
onConnection((offline) => offline || void s.loadEvents());
