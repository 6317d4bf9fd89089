// The sale while it happens: numbers and lines that can be read from two metres away, and the controls of the queue (R-O2).
import { useMemo } from "preact/hooks";
import { clock } from "../lib/clock";
import { compactMoney, dateTime, money, span, time } from "../lib/format";
import { fill, number } from "../lib/i18n";
import { Fairness } from "./fairness";
import { Panel } from "./form";
import { lastIn, soldOutIn } from "./live_numbers";
import { LogRows, useLog } from "./log";
import { Plot } from "./plot";
import { Queue } from "./queue";
import { type AdminEvent, event, histories, live, liveEvent, minute, pathTo, t, zone } from "./state";

function Tile({ name, value, note, tone = "" }: { name: string; value: string; note?: string | null; tone?: string }) {
  return (
    <div class="sheet tile">
      <dt class="small muted">{name}</dt>
      <dd class={value.length > 6 ? "num big long" : "num big"}>{value}</dd>
      {note && <dd class={`tiny ${tone}`}>{note}</dd>}
    </div>
  );
}

const limitsOf = (of: AdminEvent) => ({ byRate: of.queue?.admission !== "capacity", byCapacity: of.queue?.admission !== "interval" });

function Numbers({ of }: { of: AdminEvent }) {
  const now = liveEvent.value;
  if (!now) return <p class="muted" role="status">{t.noNumbers}</p>;
  const history = histories.get(now.eventId);
  const { byRate, byCapacity } = limitsOf(of);
  const seconds = soldOutIn(now, history?.sellingRate ?? null);
  const isGone = now.status === "SOLD_OUT";
  return (
    <dl class="tiles">
      <Tile name={t.waiting} value={number(now.waiting)} note={fill(t.peak, { n: history?.peak ?? now.waiting })} />
      <Tile name={t.inside} value={number(now.active)} note={byCapacity ? fill(t.ofMost, { n: of.queue?.capacity ?? 0 }) : fill(t.present, { n: now.present })} />
      <Tile name={t.letIn} value={number(Math.round(now.admittedPerSecond * 10) / 10)} note={byRate ? fill(t.rateLimit, { n: of.queue?.people ?? 0, every: of.queue?.every ?? "" }) : null} tone="go" />
      <Tile name={t.heldSeats} value={number(now.holds)} note={fill(t.seatsFree, { n: now.seatCount })} />
      <Tile name={t.sold} value={number(now.sold)} note={fill(t.ofMost, { n: now.totalSeats })} />
      <Tile name={t.revenue} value={compactMoney(now.revenue)} note={isGone ? t.soldOutNow : seconds === null ? money(now.revenue) : fill(t.soldOutIn, { span: span(Math.ceil(seconds / 60) * 60) })} />
    </dl>
  );
}

function Lines() {
  void live.value; // drawn again with each answer
  const people = useMemo(() => [{ name: t.waiting, token: "--lamp", dash: [] }, { name: t.inside, token: "--cat-3", dash: [3, 4] }], []);
  const seats = useMemo(() => [{ name: t.sold, token: "--cat-2", dash: [] }, { name: t.heldSeats, token: "--cat-4", dash: [8, 5] }], []);
  const samples = histories.get(event.value?.id ?? 0)?.samples ?? [];
  if (samples.length < 2) return <p class="small muted">{t.linesLater}</p>;
  const column = (name: "at" | "waiting" | "active" | "holds" | "sold") => samples.map((sample) => (name === "at" ? sample.at / 1000 : sample[name]));
  const last = samples.at(-1)!;
  return (
    <div class="two">
      <Plot label={fill(t.peopleLine, { waiting: last.waiting, inside: last.active })} lines={people} columns={[column("at"), column("waiting"), column("active")]} />
      <Plot label={fill(t.seatsLine, { sold: last.sold, held: last.holds })} lines={seats} columns={[column("at"), column("sold"), column("holds")]} />
    </div>
  );
}

// What is so at this moment, where it is not simply on sale.
function Situation({ of }: { of: AdminEvent }) {
  const opens = Date.parse(of.on_sale.from);
  const isGathering = !!of.queue?.gather_from && Date.parse(of.queue.gather_from) <= clock.now();
  if (of.status === "UPCOMING") {
    return (
      <div class="note">
        <h2>{fill(t.opensIn, { span: span((opens - clock.now()) / 1000) })}</h2>
        <p>{dateTime(opens, zone.value)} · {isGathering ? t.gathering : of.queue?.gather_from ? fill(t.gathersAt, { time: dateTime(of.queue.gather_from, zone.value) }) : t.noGathering}</p>
      </div>
    );
  }
  if (of.status === "SOLD_OUT") return <div class="note go"><h2>{t.soldOutNow}</h2><p>{t.soldOutText}</p></div>;
  if (of.status === "CLOSED") return <div class="note stop"><h2>{t.closedNow}</h2><p>{of.closed ? t.closedBy : t.closedByTime}</p></div>;
  return null;
}

function Paused({ of }: { of: AdminEvent }) {
  if (!of.paused) return null;
  return <div class="note stop" data-paused><h2>{t.pausedNow}</h2><p>{of.paused_text ? fill(t.pausedText, { text: of.paused_text }) : t.pausedNoText}</p></div>;
}

function Refusals() {
  void live.value;
  const rows = minute.refusals.slice(0, 8);
  return (
    <Panel heading={t.refusalsHeading}>
      {rows.length ? (
        <table class="rows">
          <thead class="only-heard"><tr><th scope="col">{t.reason}</th><th scope="col">{t.count}</th></tr></thead>
          <tbody>{rows.map(([code, count]) => <tr key={code}><td>{code}</td><td class="num">{number(count)}</td></tr>)}</tbody>
        </table>
      ) : (
        <p class="small muted">{t.refusalsNone}</p>
      )}
    </Panel>
  );
}

function LatencyTable() {
  void live.value;
  const rows = minute.latencies;
  const ms = (value: number) => `${number(value)} ms`;
  return (
    <Panel heading={t.latencyHeading}>
      {rows.length ? (
        <table class="rows">
          <thead><tr><th scope="col">{t.calls}</th><th scope="col" class="num">{t.perSecond}</th><th scope="col" class="num">p50</th><th scope="col">p99</th></tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.calls}><td>{t.callClasses[row.calls as keyof typeof t.callClasses] ?? row.calls}</td><td class="num">{number(Math.round(row.requests))}</td><td class="num">{ms(row.p50Ms)}</td><td class="num">{ms(row.p99Ms)}</td></tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p class="small muted">{t.latencyNone}</p>
      )}
      <p class="tiny">{t.latencyNote}</p>
    </Panel>
  );
}

function LastLog() {
  const rows = useLog();
  return (
    <Panel heading={t.logHeading}>
      <LogRows rows={rows?.slice(0, 5) ?? null} isShort />
      <p class="small"><a href={pathTo("log")}>{t.logAll}</a></p>
    </Panel>
  );
}

function Forecast() {
  const seconds = liveEvent.value ? lastIn(liveEvent.value) : null;
  if (seconds === null) return null;
  return <p class="small muted">{fill(t.lastIn, { time: time(clock.now() + seconds * 1000, zone.value) })}</p>;
}

export function Sale() {
  const of = event.value;
  if (!of) return null;
  return (
    <>
      <Situation of={of} />
      <Paused of={of} />
      <Numbers of={of} />
      <div class="wide-and-narrow">
        <Panel heading={t.linesHeading}><Lines /></Panel>
        <div class="stack">
          <Queue of={of} key={of.id}><Forecast /></Queue>
        </div>
      </div>
      <div class="three">
        <Refusals />
        <LatencyTable />
        <LastLog />
      </div>
      <Fairness of={of} key={of.id} />
    </>
  );
}
