// The seat map of a date: who has what, and which seats are the house's. Seats are chosen on the map or by their numbers, then
// blocked or put on sale; one that is held or sold shows its reservation (R-S12, R-O2).
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Reservation, call } from "../api/client";
import { follow } from "../lib/follow";
import { dateTime } from "../lib/format";
import { fill, number } from "../lib/i18n";
import { common } from "../lib/page";
import { Swatch } from "../lib/swatch";
import { Hall, type Section } from "../map/hall";
import { SeatMap, type SeatMapHandle } from "../map/seat_map";
import { findReservations, seatsOf } from "./calls";
import { numbersOf } from "./documents";
import { Needs, Panel } from "./form";
import { HouseSeats, type SeatState } from "./house_seats";
import { ReservationItem } from "./reservation";
import { edit } from "./session";
import { textOf } from "./staff";
import { type AdminDate, act, announce, busy, event, t, tell, zone } from "./state";

const AGAIN_MS = 1_500;

interface Open {
  date: AdminDate;
  hall: Hall;
  seats: HouseSeats;
}
const open = signal<Open | null>(null);
const wantedDate = signal<number | null>(null);
const version = signal(0); // rises when a seat has another state
const chosen = signal<ReadonlySet<number>>(new Set());
const owner = signal<Reservation | null>(null);
let map: SeatMapHandle | null = null;

function nameOf(hall: Hall, seat: number): string {
  const at = hall.placeOf(seat);
  return at.section.name === "" ? fill(common.seatOnly, { seat: at.seat }) : fill(common.seatPlace, { section: at.section.name, row: at.row, seat: at.seat });
}

function choose(seats: Iterable<number>): void {
  const of = open.value;
  if (!of) return;
  chosen.value = new Set(seats);
  map?.touch(of.seats.setMine([...chosen.value]));
  owner.value = null;
  void loadOwner();
}

function toggle(seat: number): void {
  const next = new Set(chosen.value);
  if (!next.delete(seat)) next.add(seat);
  choose(next);
  speak(seat);
}

function speak(seat: number): void {
  const of = open.value;
  if (!of) return;
  const state = t.seatStates[of.seats.stateOf(seat)];
  announce(fill(chosen.value.has(seat) ? t.seatChosen : t.seatSpoken, { place: nameOf(of.hall, seat), state }));
}

// Who has the one seat that is chosen.
async function loadOwner(): Promise<void> {
  const of = open.value;
  const [seat, ...others] = chosen.value;
  if (!of || seat === undefined || others.length) return;
  const isTaken = ["held", "sold"].includes(of.seats.stateOf(seat));
  const found = isTaken ? await findReservations({ seat: String(of.hall.idOf(seat)) }).catch(() => null) : null;
  if (chosen.value.size === 1 && chosen.value.has(seat)) owner.value = found?.data[0] ?? null;
}

async function loadStates(of: Open): Promise<void> {
  const answer = await seatsOf(of.date.id).catch(() => null);
  if (!answer || open.value !== of) return;
  const changed = of.seats.setLetters(answer.seats);
  if (!changed.length) return;
  map?.touch(changed);
  version.value++;
  if (changed.some((seat) => chosen.value.has(seat))) void loadOwner();
}

function useDate(date: AdminDate | undefined): void {
  useEffect(() => {
    open.value = owner.value = null;
    chosen.value = new Set();
    if (!date) return undefined;
    let isOver = false;
    let stop = () => {};
    let isTold = false;
    const load = () =>
      call("getLayout", { path: `/events/properties/${date.id}/layout` })
        .then((layout) => {
          if (isOver) return;
          const hall = new Hall(layout);
          const made = { date, hall, seats: new HouseSeats(hall) };
          open.value = made;
          stop = follow(() => loadStates(made), AGAIN_MS);
        })
        .catch((error: unknown) => {
          if (isOver) return;
          if (!isTold) tell("stop", textOf(error));
          isTold = true;
          const timer = window.setTimeout(() => void load(), AGAIN_MS);
          stop = () => window.clearTimeout(timer);
        });
    void load();
    return () => {
      isOver = true;
      stop();
    };
  }, [date?.id]);
}

function block(isBlocked: boolean): Promise<boolean> {
  const of = open.value!;
  const wanted: SeatState = isBlocked ? "free" : "house";
  const seatIds = [...chosen.value].filter((seat) => of.seats.stateOf(seat) === wanted).map((seat) => of.hall.idOf(seat));
  return act(async () => {
    const path = `/admin/dates/${of.date.id}/seats/${isBlocked ? "block" : "unblock"}`;
    const done = await edit(isBlocked ? "adminBlockSeats" : "adminUnblockSeats", { method: "POST", path, body: { seatIds } });
    await loadStates(of);
    choose([]);
    return fill(isBlocked ? t.blocked : t.unblocked, { n: done.changed });
  });
}

function ByNumber({ of }: { of: Open }) {
  const { hall } = of;
  const sections = hall.sections;
  const submit = (submitted: Event) => {
    submitted.preventDefault();
    const form = new FormData(submitted.currentTarget as HTMLFormElement);
    const section = sections[Number(form.get("section") ?? 0)]!;
    const seats = seatsAt(hall, section, String(form.get("row") ?? ""), String(form.get("seats") ?? ""));
    if (!seats) return tell("stop", t.noSuchSeats);
    choose(new Set([...chosen.value, ...seats]));
    map?.show(seats[0]!);
  };
  return (
    <form class="stack tight" onSubmit={submit}>
      <div class="columns">
        {sections.length > 1 && (
          <div class="field">
            <label for="section">{t.section}</label>
            <select id="section" name="section">{sections.map((section, i) => <option key={section.first} value={i}>{section.name}</option>)}</select>
          </div>
        )}
        {sections[0]?.name !== "" && <div class="field"><label for="row">{t.rowNumber}</label><input id="row" name="row" type="number" min="1" required /></div>}
        <div class="field"><label for="seats">{t.seatNumbers}</label><input id="seats" name="seats" required placeholder="1-4, 7" /></div>
      </div>
      <p class="buttons"><button class="quiet">{t.choose}</button></p>
    </form>
  );
}

// The seats of these numbers, or null if one is not there.
function seatsAt(hall: Hall, section: Section, row: string, text: string): number[] | null {
  const numbers = numbersOf(text);
  const found = numbers?.map((seat) => (section.name === "" ? (seat <= hall.seats ? seat - 1 : null) : hall.at(section, Number(row) - 1, seat - 1)));
  return found?.every((seat): seat is number => seat !== null && seat >= 0) ? found : null;
}

function Chosen({ of }: { of: Open }) {
  void version.value;
  const counts = of.seats.countsOf(chosen.value);
  const names = [...chosen.value].slice(0, 6).map((seat) => nameOf(of.hall, seat));
  return (
    <Panel heading={fill(t.chosenSeats, { n: chosen.value.size })}>
      {chosen.value.size === 0 ? <p class="small muted">{t.chooseHow}</p> : <p class="small">{names.join("; ")}{chosen.value.size > names.length ? " …" : ""}</p>}
      <Needs role="operator">
        <p class="buttons">
          <button type="button" disabled={busy.value || counts.free === 0} onClick={() => void block(true)}>{fill(t.block, { n: counts.free })}</button>
          <button type="button" class="quiet" disabled={busy.value || counts.house === 0} onClick={() => void block(false)}>{fill(t.unblock, { n: counts.house })}</button>
          {chosen.value.size > 0 && <button type="button" class="link" onClick={() => choose([])}>{t.clear}</button>}
        </p>
      </Needs>
      <ByNumber of={of} />
      {owner.value && <ReservationItem of={owner.value} place={nameOf(of.hall, of.hall.indexOf(owner.value.seatId) ?? 0)} changed={changedTo(of)} />}
    </Panel>
  );
}

// A seat that was given to somebody else has the same state as before.
const changedTo = (of: Open) => (now: Reservation) => {
  owner.value = now;
  return loadStates(of);
};

const STATES: SeatState[] = ["free", "held", "sold", "house"];

function Legend({ of }: { of: Open }) {
  void version.value;
  const counts = of.seats.counts;
  return (
    <>
      <ul class="legend small">{of.hall.layout.categories.map((name, i) => <li key={name}><Swatch category={i} />{name}</li>)}</ul>
      <ul class="legend">
        {STATES.map((state) => <li key={state}><svg class={`mark ${state}`} viewBox="0 0 14 14" aria-hidden="true"><path d={SHAPE_OF[state]} fill-rule="evenodd" /></svg>{t.seatStates[state]} <b class="num">{number(counts[state])}</b></li>)}
      </ul>
    </>
  );
}
const SHAPE_OF: Record<SeatState, string> = {
  free: "M1.8 1.8h10.4v10.4H1.8z",
  held: "M7 1a6 6 0 1 0 .01 0zM7 4a3 3 0 1 1-.01 0z",
  sold: "M7 3a4 4 0 1 0 .01 0z",
  house: "M7 5.5 11.5 1 13 2.5 8.5 7l4.5 4.5-1.5 1.5L7 8.5 2.5 13 1 11.5 5.5 7 1 2.5 2.5 1z",
};

export function Seats() {
  const dates = ((event.value?.dates ?? []) as AdminDate[]).filter((date) => !date.deleted);
  const date = dates.find((one) => one.id === wantedDate.value) ?? dates[0];
  useDate(date);
  if (!date) return <p class="sheet muted">{t.noDates}</p>;
  const of = open.value;
  const texts = { label: t.map, role: t.mapRole, help: t.mapHelp, stage: t.stage, zoomIn: t.zoomIn, zoomOut: t.zoomOut, whole: t.whole };
  return (
    <>
      <div class="field date-choice">
        <label for="date">{t.date}</label>
        <select id="date" value={date.id} onChange={(input) => (wantedDate.value = Number(input.currentTarget.value))}>
          {dates.map((one) => <option key={one.id} value={one.id}>{dateTime(one.starts_at, zone.value)}</option>)}
        </select>
      </div>
      {!of && <p class="muted" role="status">{common.loading}</p>}
      {of && (
        <div class="wide-and-narrow seats-first">
          <Chosen of={of} />
          <div class="stack tight">
            <SeatMap key={of.date.id} hall={of.hall} states={of.seats} texts={texts} handle={(handle) => (map = handle)} tap={toggle} speak={speak} />
            <Legend of={of} />
          </div>
        </div>
      )}
    </>
  );
}
