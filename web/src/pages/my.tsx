// The fan's tickets, holds, balance and history (R-U7), and who the fan is (R-U12).
import { render } from "preact";
import { signal } from "@preact/signals";
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { type EventWithDates, Refused, type Reservation, type Schemas, call, change, send } from "../api/client";
import { SignInNeeded, asOwner, clientSettings, goToSignIn, guest, signIn } from "../api/identity";
import { makeAnnouncer } from "../lib/announce";
import { clock } from "../lib/clock";
import { dateTime, money, time } from "../lib/format";
import { fill, table, translatePage } from "../lib/i18n";
import { common, onConnection, refusalText, setOffline, startPage } from "../lib/page";
import { forgetPerson } from "../lib/store";
import { seatNames } from "../lib/seat_names";
import { giveBackTexts, isTicket, outcomeOf } from "./refunds";
import { Ticket } from "./ticket";

const t = table(ko.my, en.my);
const PAGE = 20;

type History = Schemas["HistoryDto"];
type Mode = "token" | "jwt" | "gateway";

const phase = signal<"loading" | "ready" | "sign-in" | "failed">("loading");
const failure = signal("");
const notice = signal("");
const reservations = signal<Reservation[]>([]);
const events = signal(new Map<number, EventWithDates>());
const placeNames = signal(new Map<number, string>()); // by seat
const balance = signal(0);
const history = signal<History[]>([]);
const cursor = signal<string | null>(null);
const mayCharge = signal(true);
const mode = signal<Mode>("token");
const asked = signal<number | null>(null); // the reservation whose refund was asked for
const isBusy = signal(false);

const announcer = makeAnnouncer(2000);

async function load(): Promise<void> {
  try {
    const settings = await clientSettings();
    mode.value = settings.authMode;
    mayCharge.value = settings.chargeBy === "user";
    await loadAll();
    phase.value = "ready";
    setOffline(false);
    await loadNames();
  } catch (error) {
    if (error instanceof SignInNeeded) phase.value = "sign-in";
    else {
      if (error instanceof Refused && error.code === "NETWORK") setOffline(true);
      failure.value = refusalText(error);
      if (phase.value !== "ready") phase.value = "failed";
    }
  }
}

async function loadAll(): Promise<void> {
  await Promise.all([loadReservations(), loadBalance(), loadHistory(null)]);
}
async function loadReservations(): Promise<void> {
  reservations.value = await asOwner((headers) => send<Reservation[]>({ path: "/users/me/reservations?limit=200", headers }).then(({ data }) => data));
}
async function loadBalance(): Promise<void> {
  balance.value = (await asOwner((headers) => call("getBalance", { path: "/users/me/balance", headers }))).balance;
}
async function loadHistory(after: string | null): Promise<void> {
  const path = `/users/me/balance/history?limit=${PAGE}${after ? `&cursor=${after}` : ""}`;
  const answer = await asOwner((headers) => send<History[]>({ path, headers }));
  history.value = after ? [...history.value, ...answer.data] : answer.data;
  cursor.value = answer.nextCursor;
}

// Venue, time zone and refund rule of the events, and where the seats are.
async function loadNames(): Promise<void> {
  const shown = reservations.value.filter(isShown);
  const eventIds = [...new Set(shown.map((one) => one.eventId))];
  const found = await Promise.all(eventIds.map((id) => call("getEvent", { path: `/events/${id}` }).catch(() => null)));
  events.value = new Map(found.flatMap((event) => (event ? [[event.id, event] as const] : [])));
  placeNames.value = await seatNames(shown);
}

const isHeld = (one: Reservation) => (one.status === "RESERVED" || one.status === "PENDING") && Date.parse(one.expiresAt) > clock.now();
const isShown = (one: Reservation) => isHeld(one) || isTicket(one);

function refundUntil(one: Reservation): string | null {
  const until = events.value.get(one.eventId)?.rules?.refundUntil;
  return one.status === "PAID" && !one.dateCancelled && until && Date.parse(until) > clock.now() ? until : null;
}

async function act(work: () => Promise<string>): Promise<void> {
  if (isBusy.value) return;
  isBusy.value = true;
  notice.value = "";
  try {
    const said = await work();
    await loadAll().catch(() => undefined); // it is done, whether that is seen or not
    notice.value = said;
  } catch (error) {
    if (error instanceof Refused && error.isUnknown) await loadAll().catch(() => undefined);
    if (error instanceof SignInNeeded) phase.value = "sign-in";
    else notice.value = refusalText(error);
  } finally {
    isBusy.value = false;
    announcer.sayNow(notice.value);
  }
}

const refund = (one: Reservation) =>
  act(async () => {
    await asOwner((headers) => change("refundReservation", { method: "POST", path: `/events/reservations/${one.id}/refund`, headers }));
    asked.value = null;
    return t.refunded;
  });

const topUp = (amount: number) =>
  act(async () => {
    await asOwner((headers) => change("chargeBalance", { method: "PUT", path: "/users/me/balance/charge", headers, body: { amount } }));
    return t.toppedUp;
  });

function Cancelled({ one, zone }: { one: Reservation; zone: string }) {
  const cancelled = one.dateCancelled;
  const outcome = outcomeOf(one, reservations.value);
  if (!cancelled || !outcome) return null;
  const text = outcome.kind === "carried" ? fill(t.carried, { time: dateTime(outcome.to.eventDate, zone) }) : fill(t.outcomes[outcome.kind], { amount: money(one.price) });
  return <div class="note stop" data-cancelled><p><b>{fill(t.dateCancelled, { time: dateTime(cancelled.at, zone), reason: cancelled.reason })}</b></p><p>{text}</p></div>;
}

function TicketItem({ one }: { one: Reservation }) {
  const event = events.value.get(one.eventId);
  const until = refundUntil(one);
  const state = one.dateCancelled ? t.cancelled : one.status === "REFUNDED" ? t.refunded : Date.parse(one.eventDate) < clock.now() ? t.over : undefined;
  return (
    <li class="stack tight">
      <Ticket reservation={one} venue={event?.venue ?? ""} timeZone={event?.timeZone ?? "UTC"} place={placeNames.value.get(one.seatId) ?? null} {...(state ? { state } : {})} />
      <Cancelled one={one} zone={event?.timeZone ?? "UTC"} />
      {until && asked.value !== one.id && (
        <p class="row small">
          <span class="muted">{fill(t.refundUntil, { time: dateTime(until, event?.timeZone) })}</span>
          <button type="button" class="link" onClick={() => (asked.value = one.id)}>{fill(t[giveBackTexts(one).ask], { amount: money(one.price) })}</button>
        </p>
      )}
      {until && asked.value === one.id && (
        <div class="note stop" role="group" aria-label={t.refund}>
          <p>{fill(t[giveBackTexts(one).sure], { amount: money(one.price) })}</p>
          <p class="row"><button type="button" disabled={isBusy.value} onClick={() => void refund(one)}>{t.refundYes}</button><button type="button" class="quiet" onClick={() => (asked.value = null)}>{t.refundNo}</button></p>
        </div>
      )}
    </li>
  );
}

function Held() {
  const held = reservations.value.filter(isHeld);
  if (!held.length) return null;
  return (
    <section class="sheet">
      <h2>{t.held}</h2>
      <ul>
        {held.map((one, i) => (
          <li class="rule row" key={one.id}>
            <span>{one.eventName} · {placeNames.value.get(one.seatId) ?? fill(common.seatOnly, { seat: one.seatNumber })}</span>
            <span class="small muted">{fill(t.heldUntil, { time: time(one.expiresAt) })}</span>
            {held.findIndex(({ eventId }) => eventId === one.eventId) === i && <a href={`/buy/${one.eventId}`}>{t.toPay}</a>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Balance() {
  const submit = (event: Event) => {
    event.preventDefault();
    const amount = Number(new FormData(event.currentTarget as HTMLFormElement).get("amount"));
    void topUp(amount);
  };
  return (
    <section class="sheet stack tight" aria-labelledby="balance-heading">
      <div class="row"><h2 id="balance-heading">{t.balance}</h2><b class="num sum">{money(balance.value)}</b></div>
      {mayCharge.value ? (
        <form class="top-up" onSubmit={submit}>
          <label for="amount" class="small muted">{t.amount}</label>
          <input id="amount" name="amount" type="number" inputMode="numeric" min="1" max="100000000" step="1" required value="100000" />
          <button disabled={isBusy.value}>{t.topUp}</button>
        </form>
      ) : (
        <p class="small muted">{t.topUpBy}</p>
      )}
      <h3>{t.history}</h3>
      {history.value.length ? <ul>{history.value.map((row) => <HistoryRow key={row.id} row={row} />)}</ul> : <p class="small muted">{t.noHistory}</p>}
      {cursor.value && <button type="button" class="quiet" onClick={() => void loadHistory(cursor.value).catch(() => undefined)}>{t.more}</button>}
    </section>
  );
}

function HistoryRow({ row }: { row: History }) {
  const sign = row.type === "USE" ? "−" : "+";
  return (
    <li class="rule row small">
      <span>{t.types[row.type]} <span class="muted">{dateTime(row.createdAt)}{(row as { reason?: string | null }).reason ? ` · ${(row as { reason?: string }).reason}` : ""}</span></span>
      <span class="num"><b>{sign}{money(row.amount)}</b> <span class="muted">{fill(t.after, { amount: money(row.balanceAfter) })}</span></span>
    </li>
  );
}

function Who() {
  const copy = async () => {
    await navigator.clipboard?.writeText(guest());
    notice.value = t.copied;
    announcer.sayNow(t.copied);
  };
  if (mode.value === "gateway") return null;
  return (
    <section class="sheet stack tight">
      <h2>{mode.value === "token" ? `${t.who}: ${common.guest}` : t.who}</h2>
      {mode.value === "token" ? (
        <>
          <p class="small muted">{t.guest}</p>
          <p class="row"><code class="small">{guest()}</code><button type="button" class="quiet" onClick={() => void copy()}>{t.copy}</button></p>
        </>
      ) : (
        <p class="row"><span>{t.signedIn}</span><button type="button" class="quiet" onClick={() => void signOut()}>{t.signOut}</button></p>
      )}
    </section>
  );
}

async function signOut(): Promise<void> {
  (await signIn())?.forget();
  forgetPerson();
  location.assign("/");
}

function Tickets() {
  const tickets = reservations.value.filter(isTicket);
  return (
    <section aria-labelledby="tickets-heading" class="stack">
      <div class="row"><h2 id="tickets-heading">{t.tickets}</h2>{tickets.length > 0 && <button type="button" class="link" onClick={() => window.print()}>{t.print}</button>}</div>
      {tickets.length ? <ul class="stack">{tickets.map((one) => <TicketItem key={one.id} one={one} />)}</ul> : <p class="sheet muted">{t.noTickets}</p>}
    </section>
  );
}

function Page() {
  if (phase.value === "loading") return <><h1>{t.title}</h1><p class="muted" role="status">{common.loading}</p></>;
  if (phase.value === "failed") {
    return <><h1>{t.title}</h1><div class="note stop" role="alert"><p>{failure.value}</p></div><button type="button" class="quiet" onClick={() => void load()}>{common.again}</button></>;
  }
  if (phase.value === "sign-in") {
    return <><h1>{t.title}</h1>{notice.value && <p class="note stop" role="alert">{notice.value}</p>}<section class="sheet stack"><h2>{t.signInHeading}</h2><p>{t.signIn}</p><button type="button" onClick={() => void goToSignIn().catch((error: unknown) => (notice.value = refusalText(error)))}>{common.signIn}</button></section></>;
  }
  return (
    <>
      <h1>{t.title}</h1>
      {notice.value && <p class="note">{notice.value}</p>}
      <Held />
      <Tickets />
      <Balance />
      <Who />
    </>
  );
}

translatePage({ common, my: t });
startPage();
const main = document.getElementById("main")!;
main.replaceChildren();
render(<Page />, main);
phase.subscribe((now) => (main.dataset["state"] = now));
void load();
onConnection((offline) => offline || void load());
