// Seats, hold and pay (R-U5, R-U6): the page of a fan whose turn it is.
import { type ComponentChildren, render } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { goToSignIn } from "../api/identity";
import { everySecond } from "../lib/clock";
import { countdown, dateTime, money, zoneName } from "../lib/format";
import { fill, translatePage } from "../lib/i18n";
import { common, onConnection, startPage } from "../lib/page";
import { forget } from "../lib/store";
import { seatNames } from "../lib/seat_names";
import { Swatch } from "../lib/swatch";
import { SeatMap } from "../map/seat_map";
import * as s from "./buy_state";
import { Ticket } from "./ticket";
import { SeatList } from "./seat_list";

const { t } = s;

function TopLine() {
  const ends = s.place.value?.expiresAt;
  const event = s.event.value!;
  const left = ends ? Date.parse(ends) - s.now.value : 0;
  return (
    <div class="head">
      <div>
        <p class="small muted">{[event.name, event.performer].filter(Boolean).join(" · ")}</p>
        <h1>{t.heading}</h1>
      </div>
      {ends && <p class={left < 60_000 ? "turn soon" : "turn"}><span class="small">{t.turnEnds}</span> <b class="num" role="timer">{countdown(left)}</b></p>}
    </div>
  );
}

function Dates() {
  const event = s.event.value!;
  const current = s.seats.value?.date.id;
  const dates = event.dates.filter((date) => date.bookable || date.id === current);
  if (!dates.length) return <p class="note">{t.dateNone}</p>;
  const name = (at: string) => `${dateTime(at, event.timeZone)} ${zoneName(at, event.timeZone)}`;
  if (dates.length === 1) return <p class="muted">{name(dates[0]!.startDate)}</p>;
  return (
    <p class="dates">
      <label for="date" class="small muted">{t.date}</label>
      <select id="date" value={current} disabled={s.holds.value.length > 0} onChange={(event) => s.chooseDate(Number(event.currentTarget.value))}>
        {dates.map((date) => <option key={date.id} value={date.id}>{name(date.startDate)} · {fill(common.left, { n: date.seatCount })}</option>)}
      </select>
    </p>
  );
}

function NoticeBox() {
  void s.seatsVersion.value;
  const notice = s.notice.value;
  const of = s.seats.value;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (notice?.heading === t.lapsedHeading) box.current?.focus();
  }, [notice]);
  if (!notice) return null;
  return (
    <div ref={box} class={`note ${notice.kind}`} tabIndex={-1} data-notice>
      {notice.heading && <h2>{notice.heading}</h2>}
      <p>{notice.text}</p>
      {of && !!notice.seats?.length && (
        <ul class="choices">
          {notice.seats.filter((seat) => of.states.isFree(seat)).map((seat) => (
            <li key={seat}><button type="button" class="quiet" onClick={() => void s.holdSeats([seat])}>{s.placeName(of.hall, seat)}</button></li>
          ))}
        </ul>
      )}
      {notice.date && <button type="button" class="quiet" onClick={() => s.chooseDate(notice.date!)}>{common.again}</button>}
      {notice.heading === t.lapsedHeading && <button type="button" class="quiet" onClick={backToMap}>{t.backToMap}</button>}
    </div>
  );
}

function backToMap(): void {
  s.notice.value = null;
  document.getElementById("map")?.focus();
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function Party({ label }: { label: string }) {
  const most = Math.max(1, Math.min(8, s.seatsMore.value));
  const move = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (!by) return;
    event.preventDefault();
    s.party.value = ((s.party.value - 1 + by + most) % most) + 1;
    const group = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => group.querySelector<HTMLElement>('[aria-checked="true"]')?.focus());
  };
  return (
    <div class="party" role="radiogroup" aria-label={label} onKeyDown={move}>
      {Array.from({ length: most }, (_, i) => i + 1).map((count) => (
        <button
          type="button"
          class="quiet num"
          role="radio"
          key={count}
          aria-checked={s.party.value === count}
          tabIndex={s.party.value === count ? 0 : -1}
          onClick={() => (s.party.value = count)}
        >
          {count}
        </button>
      ))}
    </div>
  );
}

function Best() {
  const category = useSignal<number | null>(null);
  const categories = s.seats.value?.hall.layout.categories ?? [];
  const isFull = s.seatsMore.value === 0;
  return (
    <section class="sheet stack tight" aria-labelledby="best-heading">
      <h2 id="best-heading">{t.best}</h2>
      {isFull ? (
        <p class="small muted">{fill(t.limit, { n: s.seatsMax.value })}</p>
      ) : (
        <>
          <p class="small muted" aria-hidden="true">{t.howMany}</p>
          <Party label={t.howMany} />
          {categories.length > 1 && (
            <p class="dates">
              <label for="category" class="small muted">{t.category}</label>
              <select id="category" value={category.value ?? ""} onChange={(event) => (category.value = event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}>
                <option value="">{t.anyCategory}</option>
                {categories.map((name, i) => <option key={name} value={i}>{name} · {money(s.priceOf(i))}</option>)}
              </select>
            </p>
          )}
          <button type="button" class="wide" id="find-best" disabled={s.busy.value !== ""} onClick={() => void s.holdBest(s.party.value, category.value)}>
            {s.busy.value === "best" ? t.finding : fill(t.find, { n: s.party.value })}
          </button>
        </>
      )}
    </section>
  );
}

function payText(): string {
  if (s.busy.value === "topping-up") return t.toppingUp;
  if (s.busy.value === "paying") return t.paying;
  if (s.missing.value > 0) return fill(t.topUpAndPay, { amount: money(s.missing.value) });
  return fill(t.pay, { amount: money(s.total.value) });
}

function Money() {
  const missing = s.missing.value;
  return (
    <>
      <dl class="sums">
        <div class="rule row"><dt>{t.total}</dt><dd class="num"><b>{money(s.total.value)}</b></dd></div>
        <div class="rule row muted"><dt>{t.balance}</dt><dd class="num">{s.balance.value === null ? "–" : money(s.balance.value)}</dd></div>
        {missing > 0 && <div class="rule row"><dt class="muted">{t.missing}</dt><dd class="num missing">{money(missing)}</dd></div>}
      </dl>
      {missing > 0 && <p class="small muted">{fill(s.usersMayCharge.value ? t.missingText : t.askOperator, { amount: money(missing) })}</p>}
      {(missing === 0 || s.usersMayCharge.value) && (
        <button type="button" class="wide" id="pay" disabled={s.busy.value !== "" || s.balance.value === null} onClick={() => void s.pay()}>{payText()}</button>
      )}
    </>
  );
}

function Held() {
  const holds = s.holds.value;
  if (!holds.length) {
    return <section class="sheet" aria-labelledby="held-heading"><h2 id="held-heading">{t.held}</h2><p class="small muted">{t.heldNone}</p></section>;
  }
  return (
    <section class="sheet stack tight held" aria-labelledby="held-heading">
      <div class="row"><h2 id="held-heading" tabIndex={-1}>{t.held}</h2><b class="clock num" role="timer">{countdown(s.holdLeft.value)}</b></div>
      <ul>
        {holds.map((hold) => (
          <li key={hold.id} class="rule row">
            <span>{s.nameOfHold(hold)}</span>
            <span class="row">
              <b class="num">{money(hold.price)}</b>
              <button type="button" class="link" aria-label={fill(t.giveBackLabel, { place: s.nameOfHold(hold) })} disabled={s.busy.value !== ""} onClick={() => void s.giveBack([hold])}>{t.giveBack}</button>
            </span>
          </li>
        ))}
      </ul>
      <Money />
      <button type="button" class="quiet wide" disabled={s.busy.value !== ""} onClick={() => void s.giveBack(holds)}>{t.giveBackAll}</button>
    </section>
  );
}

// On a phone what is held is above the map: a way back to it while it is out of sight.
function ToHeld() {
  const isInSight = useSignal(true);
  const hasHolds = s.holds.value.length > 0;
  useEffect(() => {
    const held = document.querySelector(".held");
    if (!held) return;
    const sight = new IntersectionObserver(([entry]) => (isInSight.value = !!entry?.isIntersecting));
    sight.observe(held);
    return () => sight.disconnect();
  }, [hasHolds]);
  if (!hasHolds || isInSight.value) return null;
  return (
    <a class="to-held" href="#held-heading">
      <span>{t.held} <b class="num">{countdown(s.holdLeft.value)}</b></span>
      <span><b class="num">{money(s.total.value)}</b> <span aria-hidden="true">↑</span></span>
    </a>
  );
}

function Legend() {
  const of = s.seats.value!;
  return (
    <ul class="legend small">
      {of.hall.layout.categories.map((name, i) => (
        <li key={name}><Swatch category={i} />{name} <span class="num muted">{money(s.priceOf(i))}</span></li>
      ))}
      <li><Swatch category={0} taken />{t.taken}</li>
    </ul>
  );
}

const mapTexts = { label: t.map, role: t.mapRole, help: t.mapHelp, stage: t.stage, zoomIn: t.zoomIn, zoomOut: t.zoomOut, whole: t.whole };

function Open() {
  const of = s.seats.value;
  void s.seatsVersion.value;
  return (
    <>
      <TopLine />
      <Dates />
      {s.isStale.value && <p class="note stop" role="status">{t.stale}</p>}
      {of?.states.isKnown && of.states.left === 0 && !s.holds.value.length && <p class="note" role="status">{t.dateFull}</p>}
      <div class="wrap">
        <div class="now">
          <NoticeBox />
          <Held />
        </div>
        <div class="ways">
          {of && <Best />}
          <SeatList />
        </div>
        <div class="hall">
          {of && (
            <>
              <SeatMap key={of.date.id} hall={of.hall} states={of.states} texts={mapTexts} handle={s.setMap} tap={s.tapSeat} speak={s.speakSeat} />
              <Legend />
            </>
          )}
        </div>
      </div>
      <ToHeld />
    </>
  );
}

function rejoin(): void {
  forget(`place.${s.id}`);
  location.assign(`/wait/${s.id}`);
}

function Message({ heading, text, children }: { heading: string; text?: string; children?: ComponentChildren }) {
  return (
    <section class="sheet stack message">
      <h1>{heading}</h1>
      {text && <p>{text}</p>}
      {children}
      <p class="row"><a href={`/e/${s.id}`}>{common.back}</a></p>
    </section>
  );
}

function Paid() {
  const event = s.event.value!;
  const names = useSignal(new Map<number, string>());
  useEffect(() => void seatNames(s.bought.value).then((found) => (names.value = found)), [s.bought.value]);
  return (
    <Message heading={t.paidHeading} text={s.bought.value.length ? fill(t.paid, { n: s.bought.value.length }) : ""}>
      <ul class="stack">{s.bought.value.map((one) => <li key={one.id}><Ticket level={2} reservation={one} venue={event.venue} timeZone={event.timeZone} place={names.value.get(one.seatId) ?? null} /></li>)}</ul>
      <a class="button wide" href="/my">{t.toTickets}</a>
    </Message>
  );
}

function Page() {
  switch (s.phase.value) {
    case "loading":
      return <><h1>{t.title}</h1><p class="muted" role="status">{common.loading}</p></>;
    case "open":
      return <Open />;
    case "paid":
      return <Paid />;
    case "no-turn":
      return <Message heading={t.noTurnHeading} text={t.noTurn}><a class="button wide" href={`/wait/${s.id}`}>{t.toLine}</a></Message>;
    case "turn-over":
      return <Message heading={t.turnOverHeading} text={t.turnOver}><button type="button" class="wide" onClick={rejoin}>{t.rejoin}</button></Message>;
    case "sign-in":
      return <Message heading={t.signInHeading} text={t.signIn}><button type="button" class="wide" onClick={() => void goToSignIn().catch(s.fail)}>{common.signIn}</button></Message>;
    case "no-event":
      return <Message heading={common.noEvent}><a href="/">{common.toEvents}</a></Message>;
    case "failed":
      return <Message heading={common.failed} text={s.failure.value}><button type="button" class="wide" onClick={() => void s.start()}>{common.again}</button></Message>;
  }
}

translatePage({ common, buy: t });
startPage();
const main = document.getElementById("main")!;
main.replaceChildren();
render(<Page />, main);
s.phase.subscribe((phase) => {
  main.dataset["state"] = phase;
  main.classList.toggle("full", phase === "open");
  const event = s.event.value?.name;
  document.title = `${t.title}${event ? ` · ${event}` : ""} · Stagedoor`;
});
everySecond(s.tick);
void s.start();
document.addEventListener("visibilitychange", () => !document.hidden && s.phase.value === "open" && void s.loadPlace().catch(() => undefined));
onConnection((offline) => {
  if (offline) return;
  if (s.phase.value === "failed") void s.start();
  else if (s.phase.value === "open") void Promise.all([s.loadPlace(), s.loadHolds(), s.loadBalance()]).catch(() => undefined);
});
