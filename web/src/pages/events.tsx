// The list of events: search, status, when the sale opens (R-U3).
import { render } from "preact";
import { computed, signal } from "@preact/signals";
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { type EventDto, Refused, call } from "../api/client";
import { clock, everySecond } from "../lib/clock";
import { dateTime, span } from "../lib/format";
import { fill, table, translatePage } from "../lib/i18n";
import { common, onConnection, refusalText, setOffline, startPage } from "../lib/page";
import { type SaleState, matches, saleState } from "../lib/sale";

const t = table(ko.events, en.events);
const AGAIN_MS = 10_000;

const events = signal<EventDto[] | null>(null);
const failure = signal<string | null>(null);
const search = signal(new URLSearchParams(location.search).get("q") ?? "");
const wanted = signal<SaleState | null>(null);
const now = signal(clock.now());

const shown = computed(() =>
  (events.value ?? []).filter((event) => matches(event, search.value) && (!wanted.value || saleState(event) === wanted.value)),
);

async function load(): Promise<void> {
  try {
    events.value = await call("listEvents", { path: "/events" });
    failure.value = null;
    setOffline(false);
  } catch (error) {
    if (error instanceof Refused && error.code === "NETWORK") setOffline(true);
    if (!events.value) failure.value = refusalText(error);
  }
}

function StateOf({ event }: { event: EventDto }) {
  const state = saleState(event);
  const opens = Date.parse(event.saleStartDate);
  return (
    <span class={`badge ${state.toLowerCase()}`}>
      {state === "UPCOMING" ? fill(t.opensIn, { span: span((opens - now.value) / 1000) }) : common.status[state]}
    </span>
  );
}

function Card({ event }: { event: EventDto }) {
  const state = saleState(event);
  return (
    <li class="sheet card">
      <div class="row">
        <h2><a href={`/e/${event.id}`}>{event.name}</a></h2>
        <StateOf event={event} />
      </div>
      <p class="muted">{[event.performer, event.venue].filter(Boolean).join(" · ")}</p>
      <p class="small muted">
        {state === "UPCOMING" && fill(t.opensAt, { time: dateTime(event.saleStartDate, event.timeZone) })}
        {state === "ON_SALE" && fill(t.seatsLeft, { n: event.seatCount })}
      </p>
    </li>
  );
}

function List() {
  if (failure.value) {
    return (
      <div class="note stop" role="alert">
        <p>{failure.value}</p>
        <p><button type="button" class="quiet" onClick={() => void load()}>{common.again}</button></p>
      </div>
    );
  }
  if (!events.value) return <p class="muted" role="status">{common.loading}</p>;
  if (!events.value.length) return <p class="sheet muted">{t.none}</p>;
  return (
    <>
      <p class="small muted" role="status">{shown.value.length ? fill(t.found, { n: shown.value.length }) : t.noMatch}</p>
      <ul class="stack">{shown.value.map((event) => <Card key={event.id} event={event} />)}</ul>
    </>
  );
}

const FILTERS: (SaleState | null)[] = [null, "ON_SALE", "UPCOMING", "SOLD_OUT"];

function Page() {
  return (
    <>
      <div>
        <h1>{t.title}</h1>
        <p class="muted">{t.lead}</p>
      </div>
      <div class="stack tight">
        <label class="only-heard" for="search">{t.search}</label>
        <input id="search" type="search" class="wide" placeholder={t.search} value={search} onInput={(event) => (search.value = event.currentTarget.value)} />
        <div class="filters" role="group" aria-label={t.filter}>
          {FILTERS.map((filter) => (
            <button type="button" class="quiet" key={filter} aria-pressed={wanted.value === filter} onClick={() => (wanted.value = filter)}>
              {filter ? common.status[filter] : t.all}
            </button>
          ))}
        </div>
      </div>
      <List />
    </>
  );
}

translatePage({ common, events: t });
startPage();
const main = document.getElementById("main")!;
main.replaceChildren();
render(<Page />, main);
everySecond(() => (now.value = clock.now()));
void load();
setInterval(() => document.hidden || void load(), AGAIN_MS);
onConnection((offline) => offline || void load());
