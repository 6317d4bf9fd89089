// One event: its dates, prices, what is left, when the sale opens, how the line works, the rules (R-U3).
import { render } from "preact";
import { signal } from "@preact/signals";
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { type EventDate, type EventWithDates, type QueuePlace, Refused, type Room, call } from "../api/client";
import { byPlace, places } from "../api/identity";
import { clock, everySecond } from "../lib/clock";
import { dateTime, money, span, time, viewersTime, zoneName } from "../lib/format";
import { fill, table, translatePage } from "../lib/i18n";
import { common, eventOfPath, onConnection, refusalText, setOffline, startPage } from "../lib/page";
import { type Category, categoriesOf, saleState } from "../lib/sale";
import { Swatch } from "../lib/swatch";

const t = table(ko.event, en.event);
const AGAIN_MS = 5_000;

const id = eventOfPath();
const event = signal<EventWithDates | null>(null);
const room = signal<Room | null>(null);
const place = signal<QueuePlace | null>(null);
const failure = signal<string | null>(null);
const now = signal(clock.now());

async function load(): Promise<void> {
  try {
    event.value = await call("getEvent", { path: `/events/${id}` });
    document.title = `${event.value.name} · Stagedoor`;
    failure.value = null;
    setOffline(false);
    room.value = await call("getRoom", { path: `/queue/public/${id}` });
  } catch (error) {
    if (error instanceof Refused && error.code === "NETWORK") setOffline(true);
    if (!event.value) failure.value = error instanceof Refused && error.code === "EVENT_NOT_FOUND" ? common.noEvent : refusalText(error);
  }
}

// Where the fan already stands in this event's line.
async function loadPlace(): Promise<void> {
  const kept = places.read(id);
  if (!kept || kept.ended) return;
  place.value = await call("getPlace", { path: "/queue", headers: byPlace(kept.token) }).catch(() => null);
}

function When({ at, zone }: { at: string; zone: string }) {
  const here = viewersTime(at, zone);
  return (
    <>
      <time datetime={at}>{dateTime(at, zone)} {zoneName(at, zone)}</time>
      {here && <span class="small muted"> · {fill(common.yourTime, { time: here })}</span>}
    </>
  );
}

function Prices({ categories }: { categories: Category[] }) {
  return (
    <ul class="stock">
      {categories.map(({ name, low, high, left }, i) => (
        <li key={name}>
          <Swatch category={i} />
          <span class={left ? "" : "gone"}>{name}</span>
          <span class="small muted num">{low === high ? money(low) : `${money(low)} – ${money(high)}`}</span>
          <b class={left ? "num" : "small"}>{left ? fill(common.left, { n: left }) : common.soldOut}</b>
        </li>
      ))}
    </ul>
  );
}

function DateRow({ date, zone }: { date: EventDate; zone: string }) {
  return (
    <li class="rule">
      <div class="row">
        <h3><When at={date.startDate} zone={zone} /></h3>
        <span class="small muted num">
          {date.bookable ? fill(common.left, { n: date.seatCount }) : date.seatCount === 0 ? common.soldOut : t.notBookable}
        </span>
      </div>
    </li>
  );
}

function isOpen(of: EventWithDates): boolean {
  const gathers = of.rules?.gatherFrom;
  return of.status === "ON_SALE" || of.status === "SOLD_OUT" || (of.status === "UPCOMING" && !!gathers && Date.parse(gathers) <= now.value);
}

function Sale({ of }: { of: EventWithDates }) {
  const state = saleState(of);
  const gathers = of.rules?.gatherFrom;
  const opens = Date.parse(of.saleStartDate);
  return (
    <section class="sheet stack">
      {state === "UPCOMING" && (
        <div>
          <p class="big num">{fill(t.opensIn, { span: span((opens - now.value) / 1000) })}</p>
          <p class="muted"><When at={of.saleStartDate} zone={of.timeZone} /></p>
          {gathers && <p class="muted">{Date.parse(gathers) <= now.value ? t.gatherNow : fill(t.gatherAt, { time: dateTime(gathers, of.timeZone) })}</p>}
        </div>
      )}
      {state === "CLOSED" && <p>{t.closed}</p>}
      {state === "SOLD_OUT" && <p>{t.soldOut}</p>}
      {state === "HELD" && <p>{fill(t.held, { time: time(now.value + (of.rules?.holdSeconds ?? 0) * 1000, of.timeZone) })}</p>}
      {room.value && !!room.value.waiting && <p class="muted num">{fill(t.waiting, { n: room.value.waiting })}</p>}
      {room.value?.paused && <p class="muted">{t.paused}</p>}
      {isOpen(of) && state !== "SOLD_OUT" && <Join />}
      {state === "ON_SALE" && <p class="small muted">{fill(t.closesAt, { time: dateTime(of.saleEndDate, of.timeZone) })}</p>}
    </section>
  );
}

function Join() {
  const status = place.value?.status;
  if (status === "ACTIVATED") return <a class="button wide" href={`/buy/${id}`}>{t.continueTurn}</a>;
  return <a class="button wide" href={`/wait/${id}`}>{status === "CREATED" ? t.continue : t.join}</a>;
}

function Rules({ of }: { of: EventWithDates }) {
  const { rules } = of;
  if (!rules) return null;
  return (
    <section class="sheet stack small">
      <div>
        <h2>{t.how}</h2>
        <p class="muted">{rules.drawn ? t.draw : t.fifo}</p>
        {rules.drawn && <p class="muted"><a href={`/draw/${id}`}>{t.drawCheck}</a></p>}
        <p class="muted">{t.keep}</p>
      </div>
      <div>
        <h2>{t.rules}</h2>
        <ul class="dots muted">
          <li>{fill(t.seatsPerPerson, { n: rules.seatsPerUser })}</li>
          <li>{fill(t.holdTime, { span: span(rules.holdSeconds) })}</li>
          <li>{fill(t.turnTime, { span: span(rules.turnSeconds) })}</li>
          <li>{rules.refundUntil ? fill(t.refundUntil, { time: dateTime(rules.refundUntil, of.timeZone) }) : t.noRefund}</li>
        </ul>
      </div>
    </section>
  );
}

function Page() {
  const of = event.value;
  if (failure.value) {
    return (
      <>
        <h1>{t.title}</h1>
        <div class="note stop" role="alert"><p>{failure.value}</p></div>
        <p class="row">
          <button type="button" class="quiet" onClick={() => void load()}>{common.again}</button>
          <a href="/">{common.toEvents}</a>
        </p>
      </>
    );
  }
  if (!of) return <><h1>{t.title}</h1><p class="muted" role="status">{common.loading}</p></>;
  return (
    <>
      <div>
        <p class="muted">{[of.performer, of.venue].filter(Boolean).join(" · ")}</p>
        <h1>{of.name}</h1>
      </div>
      <Sale of={of} />
      <section class="sheet">
        <h2>{t.dates}</h2>
        {of.dates.length ? <ul>{of.dates.map((date) => <DateRow key={date.id} date={date} zone={of.timeZone} />)}</ul> : <p class="muted">{t.noDates}</p>}
      </section>
      {of.dates.length > 0 && <section class="sheet"><h2>{t.prices}</h2><Prices categories={categoriesOf(of)} /></section>}
      <Rules of={of} />
    </>
  );
}

translatePage({ common, event: t });
startPage();
const main = document.getElementById("main")!;
main.replaceChildren();
render(<Page />, main);
everySecond(() => (now.value = clock.now()));
void load();
void loadPlace();
setInterval(() => document.hidden || void load(), AGAIN_MS);
onConnection((offline) => offline || void load());
