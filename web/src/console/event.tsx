// An event and its dates: names, windows, rules, prices (R-O1); and a new event.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Schemas } from "../api/client";
import { follow } from "../lib/follow";
import { dateTime, money, zoneName } from "../lib/format";
import { fill } from "../lib/i18n";
import { type Cancellation, cancelDate, moveDate } from "./calls";
import { documentOf, patchOf, textsOf } from "./documents";
import { Ask, Choice, type Draft, Field, Needs, Panel, Tick, useDraft } from "./form";
import { edit, may, read } from "./session";
import { type AdminDate, type AdminEvent, act, busy, event, events, goTo, loadEvents, t, zone } from "./state";

const NAMES = ["name", "performer", "venue", "time_zone"] as const;
const RULES = ["policy.seats_per_user", "policy.hold_ttl", "policy.refund_until", "closed"] as const;
const DRAW = ["queue.order", "queue.gather_from", "queue.beacon"] as const;
const WINDOW = ["on_sale.from", "on_sale.until"] as const;
const PROGRESS_MS = 1_000;
const DATE_MS = 5_000;
const DURATION = "([0-9]+(ms|s|m|h|d))+";

function EventFields({ draft, zoneOf }: { draft: Draft; zoneOf: string }) {
  return (
    <>
      <Field draft={draft} name="name" label={t.name} required maxLength={200} />
      <div class="columns">
        <Field draft={draft} name="performer" label={t.performer} maxLength={200} />
        <Field draft={draft} name="venue" label={t.venue} maxLength={200} />
        <Field draft={draft} name="time_zone" label={t.timeZone} placeholder="Asia/Seoul" />
      </div>
      <div class="columns">
        <Field draft={draft} name="on_sale.from" label={fill(t.saleFrom, { zone: zoneOf })} type="datetime-local" required />
        <Field draft={draft} name="on_sale.until" label={fill(t.saleUntil, { zone: zoneOf })} type="datetime-local" required />
      </div>
      <div class="columns">
        <Field draft={draft} name="policy.seats_per_user" label={t.seatsPerUser} type="number" min="1" />
        <Field draft={draft} name="policy.hold_ttl" label={t.holdTtl} pattern={DURATION} placeholder="5m" />
        <Field draft={draft} name="policy.refund_until" label={fill(t.refundUntil, { zone: zoneOf })} type="datetime-local" />
      </div>
      <div class="columns">
        <Choice draft={draft} name="queue.order" label={t.order} choices={t.orders} />
        <Field draft={draft} name="queue.gather_from" label={fill(t.gatherFrom, { zone: zoneOf })} type="datetime-local" />
        {draft.of("queue.order") === "draw" && <Field draft={draft} name="queue.beacon" label={t.beaconSource} hint={t.beaconHint} />}
      </div>
    </>
  );
}

function EventForm({ of }: { of: AdminEvent }) {
  const draft = useDraft(textsOf(of, [...NAMES, ...WINDOW, ...RULES, ...DRAW], zone.value));
  const save = async (submitted: Event) => {
    submitted.preventDefault();
    const body = patchOf(draft.changes, draft.of("time_zone") || zone.value);
    const isDone = await act(async () => {
      await edit("adminChangeEvent", { method: "PATCH", path: `/admin/events/${of.id}`, body });
      return t.eventDone;
    });
    if (isDone) draft.clear();
  };
  return (
    <form class="stack tight" onSubmit={(submitted) => void save(submitted)}>
      <EventFields draft={draft} zoneOf={zone.value} />
      <Tick draft={draft} name="closed" label={t.closed} />
      <p class="buttons">
        <button disabled={busy.value || !Object.keys(draft.changes).length}>{t.save}</button>
        {Object.keys(draft.changes).length > 0 && <button type="button" class="quiet" onClick={draft.clear}>{t.undo}</button>}
      </p>
    </form>
  );
}

function EventFacts({ of }: { of: AdminEvent }) {
  const at = (time: string | null | undefined) => (time ? dateTime(time, zone.value) : "–");
  const facts: [string, string][] = [
    [t.name, of.name], [t.performer, of.performer || "–"], [t.venue, of.venue || "–"], [t.timeZone, zone.value],
    [fill(t.saleFrom, { zone: zone.value }), at(of.on_sale.from)], [fill(t.saleUntil, { zone: zone.value }), at(of.on_sale.until)],
  ];
  return <dl class="facts">{facts.map(([name, value]) => <div class="row rule" key={name}><dt class="muted">{name}</dt><dd>{value}</dd></div>)}</dl>;
}

export function NewEvent() {
  const draft = useDraft({ time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, "queue.order": "fifo" });
  const create = async (submitted: Event) => {
    submitted.preventDefault();
    const texts = Object.fromEntries([...NAMES, ...WINDOW, ...RULES, ...DRAW].map((name) => [name, draft.of(name)]));
    await act(async () => {
      const body = documentOf(texts, draft.of("time_zone") || "UTC");
      const made = await edit("adminCreateEvent", { method: "POST", path: "/admin/events", body });
      await loadEvents();
      goTo("event", made.id ?? undefined);
      return fill(t.eventMade, { name: made.name });
    });
  };
  return (
    <Panel heading={t.newEvent}>
      <Needs role="operator">
        <form class="stack tight" onSubmit={(submitted) => void create(submitted)}>
          <EventFields draft={draft} zoneOf={draft.of("time_zone") || "UTC"} />
          <p class="buttons"><button disabled={busy.value}>{t.create}</button></p>
        </form>
      </Needs>
    </Panel>
  );
}

// --- dates ---------------------------------------------------------------------------------------------------------------

type Prices = Record<string, number>;

function PriceFields({ prices, change }: { prices: [string, string][]; change: (prices: [string, string][]) => void }) {
  const put = (i: number, pair: [string, string]) => change(prices.map((old, k) => (k === i ? pair : old)));
  return (
    <fieldset class="stack tight">
      <legend>{t.prices}</legend>
      {prices.map(([category, price], i) => (
        <div class="columns price" key={i}>
          <input aria-label={fill(t.category, { n: i + 1 })} value={category} required onInput={(input) => put(i, [input.currentTarget.value, price])} />
          <input aria-label={fill(t.priceOf, { category: category || String(i + 1) })} type="number" min="0" step="1" required value={price} onInput={(input) => put(i, [category, input.currentTarget.value])} />
        </div>
      ))}
      <p><button type="button" class="link" onClick={() => change([...prices, ["", ""]])}>{t.addCategory}</button></p>
    </fieldset>
  );
}

const rowsOf = (prices: Prices): [string, string][] => Object.entries(prices).map(([category, price]) => [category, String(price)]);
const pricesOf = (rows: [string, string][]): Prices => Object.fromEntries(rows.filter(([category]) => category.trim()).map(([category, price]) => [category.trim(), Number(price)]));

function DateForm({ date }: { date: AdminDate }) {
  const draft = useDraft(textsOf(date, ["starts_at", "booking.from", "booking.until", "deleted"], zone.value));
  const prices = useSignal<[string, string][] | null>(null);
  const save = async (submitted: Event) => {
    submitted.preventDefault();
    const body = { ...patchOf(draft.changes, zone.value), ...(prices.value ? { prices: pricesOf(prices.value) } : {}) };
    const isDone = await act(async () => {
      await edit("adminChangeDate", { method: "PATCH", path: `/admin/dates/${date.id}`, body });
      return t.dateDone;
    });
    if (!isDone) return;
    draft.clear();
    prices.value = null;
  };
  return (
    <form class="stack tight" onSubmit={(submitted) => void save(submitted)}>
      <div class="columns">
        <Field draft={draft} name="starts_at" label={fill(t.startsAt, { zone: zone.value })} type="datetime-local" required hint={t.startsAtHint} />
        <Field draft={draft} name="booking.from" label={t.bookingFrom} type="datetime-local" />
        <Field draft={draft} name="booking.until" label={t.bookingUntil} type="datetime-local" />
      </div>
      <PriceFields prices={prices.value ?? rowsOf(date.prices)} change={(changed) => (prices.value = changed)} />
      <Tick draft={draft} name="deleted" label={t.dateDeleted} />
      <p class="buttons"><button disabled={busy.value || (!prices.value && !Object.keys(draft.changes).length)}>{t.save}</button></p>
    </form>
  );
}

// How far the cancelling of a date is: refunds go on in pieces, also after a restart of the server.
function Progress({ of }: { of: Cancellation }) {
  const isDone = !!of.finished_at;
  const values = { done: of.seats_done, seats: of.seats, refunded: of.refunded, amount: money(of.refunded_amount), carried: of.carried };
  return (
    <div class={isDone ? "note" : "note stop"} data-cancelled={isDone ? "done" : "running"}>
      <p><b>{isDone ? t.cancelDone : t.cancelRunning}</b> {fill(t.cancelReasonIs, { reason: of.reason })}</p>
      {!isDone && <progress max={Math.max(1, of.seats)} value={of.seats_done} aria-label={t.cancelProgress} />}
      <p class="small num">{fill(of.carry_to ? t.cancelCountsCarried : t.cancelCounts, values)}</p>
    </div>
  );
}

function Cancel({ date, others }: { date: AdminDate; others: AdminDate[] }) {
  const reason = useSignal("");
  const carryTo = useSignal("");
  const isKnown = date.seats_total !== undefined && date.seats_left !== undefined;
  const sold = (date.seats_total ?? 0) - (date.seats_left ?? 0);
  const cancel = () =>
    act(async () => {
      await cancelDate(date.id, { reason: reason.value.trim(), ...(carryTo.value ? { carry_to: Number(carryTo.value) } : {}) });
      return t.cancelBegun;
    });
  return (
    <Ask label={t.cancelDate} question={fill(t.cancelQuestion, { time: dateTime(date.starts_at, zone.value), n: sold })} yes={t.cancelYes} act={cancel} disabled={!isKnown}>
      <div class="field"><label for={`reason-${date.id}`}>{t.cancelReason}</label><input id={`reason-${date.id}`} required maxLength={160} value={reason} onInput={(input) => (reason.value = input.currentTarget.value)} /></div>
      {others.length > 0 && (
        <div class="field">
          <label for={`carry-${date.id}`}>{t.carryTo}</label>
          <select id={`carry-${date.id}`} value={carryTo} onChange={(input) => (carryTo.value = input.currentTarget.value)}>
            <option value="">{t.carryToNone}</option>
            {others.map((one) => <option key={one.id} value={one.id}>{dateTime(one.starts_at, zone.value)}</option>)}
          </select>
          <span class="tiny">{t.carryHint}</span>
        </div>
      )}
    </Ask>
  );
}

function Move({ date }: { date: AdminDate }) {
  const draft = useDraft(textsOf(date, ["starts_at"], zone.value));
  const move = () =>
    act(async () => {
      await moveDate(date.id, patchOf({ starts_at: draft.of("starts_at") }, zone.value));
      draft.clear();
      return t.moveDone;
    });
  return (
    <Ask label={t.moveDate} question={t.moveQuestion} yes={t.moveYes} act={move}>
      <Field draft={draft} name="starts_at" label={fill(t.startsAt, { zone: zone.value })} type="datetime-local" required />
    </Ask>
  );
}

// The date with what the list of events does not tell: seats left, and how far its cancelling is.
function useDate(listed: AdminDate): AdminDate {
  const found = useSignal<AdminDate | null>(null);
  const isRunning = !!found.value?.cancelled && !found.value.cancelled.finished_at;
  useEffect(() => {
    const load = async () => {
      const answer = await read("adminGetDate", `/admin/dates/${listed.id}`).catch(() => null);
      if (answer) found.value = answer as AdminDate;
    };
    return follow(load, isRunning ? PROGRESS_MS : DATE_MS);
  }, [listed.id, isRunning, busy.value]);
  return { ...listed, ...found.value };
}

function DateItem({ listed, others }: { listed: AdminDate; others: AdminDate[] }) {
  const date = useDate(listed);
  const isOpen = useSignal(false);
  const total = date.seats_total ?? 0;
  return (
    <li class="rule">
      <div class="row">
        <h3>{dateTime(date.starts_at, zone.value)} {zoneName(date.starts_at, zone.value)}</h3>
        <span class="small muted num">{date.cancelled ? t.dateCancelled : date.deleted ? t.dateGone : fill(t.seatsLeftOf, { n: date.seats_left ?? 0, total })}</span>
      </div>
      <p class="small muted">{Object.entries(date.prices).map(([category, price]) => `${category} ${money(price)}`).join(" · ")}</p>
      {date.cancelled && <Progress of={date.cancelled} />}
      {may("operator") && !date.cancelled && <button type="button" class="disclosure" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>{fill(t.changeDate, { time: dateTime(date.starts_at, zone.value) })}</button>}
      {isOpen.value && !date.cancelled && (
        <div class="stack tight">
          <DateForm date={date} />
          <div class="controls stack tight"><Move date={date} /><Cancel date={date} others={others} /></div>
        </div>
      )}
    </li>
  );
}

function NewDate({ of }: { of: AdminEvent }) {
  const known = (events.value ?? []).flatMap((one) => (one.dates ?? []) as Schemas["DateDocument"][]).filter((date) => date.layout);
  const first = of.dates?.[0] ?? known[0];
  const draft = useDraft({ layout: first?.layout ?? "" });
  const prices = useSignal<[string, string][]>(first ? rowsOf(first.prices) : [["Standard", ""]]);
  const chooseLayout = (layout: string) => {
    draft.set("layout", layout);
    const like = known.find((date) => date.layout === layout);
    if (like) prices.value = rowsOf(like.prices);
  };
  const create = async (submitted: Event) => {
    submitted.preventDefault();
    const body = { ...documentOf({ starts_at: draft.of("starts_at"), layout: draft.of("layout") }, zone.value), prices: pricesOf(prices.value) };
    const isDone = await act(async () => {
      await edit("adminCreateDate", { method: "POST", path: `/admin/events/${of.id}/dates`, body });
      return t.dateMade;
    });
    if (isDone) draft.clear();
  };
  const layouts = [...new Set(known.map((date) => date.layout!))];
  return (
    <form class="stack tight" onSubmit={(submitted) => void create(submitted)}>
      <h3>{t.newDate}</h3>
      <div class="columns">
        <Field draft={draft} name="starts_at" label={fill(t.startsAt, { zone: zone.value })} type="datetime-local" required />
        <div class="field">
          <label for="layout">{t.layout}</label>
          <input id="layout" list="layouts" value={draft.of("layout")} onInput={(input) => chooseLayout(input.currentTarget.value)} />
          <datalist id="layouts">{layouts.map((layout) => <option key={layout} value={layout} />)}</datalist>
          <span class="tiny">{t.layoutHint}</span>
        </div>
      </div>
      <PriceFields prices={prices.value} change={(changed) => (prices.value = changed)} />
      <p class="buttons"><button class="quiet" disabled={busy.value}>{t.createDate}</button></p>
    </form>
  );
}

export function EventTab() {
  const of = event.value;
  if (!of) return null;
  const dates = (of.dates ?? []) as AdminDate[];
  return (
    <div class="two" key={of.id}>
      <Panel heading={t.eventHeading}>
        {may("operator") ? <EventForm of={of} /> : <><EventFacts of={of} /><Needs role="operator">{null}</Needs></>}
      </Panel>
      <Panel heading={t.dates}>
        {dates.length ? <ul>{dates.map((date) => <DateItem key={date.id} listed={date} others={dates.filter((one) => one !== date && !one.deleted)} />)}</ul> : <p class="muted">{t.noDates}</p>}
        <Needs role="operator"><NewDate of={of} /></Needs>
      </Panel>
    </div>
  );
}
