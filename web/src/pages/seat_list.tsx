// The list beside the seat map: section, row, seats; only what can be had, by party size (R-U5).
import { signal } from "@preact/signals";
import { money } from "../lib/format";
import { fill } from "../lib/i18n";
import type { Section } from "../map/hall";
import { choicesOf } from "../lib/party";
import { Swatch } from "../lib/swatch";
import { busy, holdSeats, party, priceOf, seats, seatsVersion, showSeat, t } from "./buy_state";

const openSection = signal<Section | null>(null);
const openRow = signal<number | null>(null);
const shownChoices = signal(0);
const CHOICES = 30;

function sectionName(section: Section): string {
  return section.name === "" ? t.allSeats : fill(t.section, { section: section.name });
}

function Choice({ section, row, chosen }: { section: Section; row: number; chosen: number[] }) {
  const { hall } = seats.value!;
  const [first, last] = [hall.placeOf(chosen[0]!).seat, hall.placeOf(chosen.at(-1)!).seat];
  const price = money(priceOf(section.category) * chosen.length);
  const values = { section: sectionName(section), row: row + 1, first, last, price };
  return (
    <li>
      <button
        type="button"
        class="quiet seat"
        aria-label={fill(chosen.length === 1 ? t.seatLabel : t.seatsLabel, values)}
        disabled={busy.value !== ""}
        onClick={() => void holdSeats(chosen)}
        onFocus={() => showSeat(chosen[0]!)}
      >
        {fill(chosen.length === 1 ? t.choiceOne : t.choice, { first: String(first), last: String(last) })}
      </button>
    </li>
  );
}

function Row({ section, row }: { section: Section; row: number }) {
  void seatsVersion.value;
  const { states, hall } = seats.value!;
  const runs = states.runs(section, row, party.value);
  const free = runs.reduce((sum, run) => sum + run.count, 0);
  const isOpen = openRow.value === row;
  const toggle = () => {
    openRow.value = isOpen ? null : row;
    shownChoices.value = CHOICES;
  };
  const [begin, end] = hall.rowRange(section, row);
  const name = section.name === "" ? fill(t.seats, { first: begin + 1, last: end }) : fill(t.row, { row: row + 1 });
  const choices = isOpen ? choicesOf(runs, party.value) : [];
  return (
    <li>
      <button type="button" class="disclosure" aria-expanded={isOpen} onClick={toggle}>
        <span>{name}</span>
        <span class="small muted num">{fill(t.freeInRow, { n: free })}</span>
      </button>
      {isOpen && (
        <ul class="choices">
          {choices.slice(0, shownChoices.value).map((chosen) => <Choice key={chosen[0]} section={section} row={row} chosen={chosen} />)}
          {choices.length > shownChoices.value && (
            <li><button type="button" class="link" onClick={() => (shownChoices.value += CHOICES)}>{fill(t.more, { n: choices.length - shownChoices.value })}</button></li>
          )}
        </ul>
      )}
    </li>
  );
}

function SectionItem({ section }: { section: Section }) {
  void seatsVersion.value;
  const { states } = seats.value!;
  const isOpen = openSection.value === section;
  const toggle = () => {
    openSection.value = isOpen ? null : section;
    openRow.value = null;
  };
  return (
    <li class="section">
      <button type="button" class="disclosure" aria-expanded={isOpen} onClick={toggle}>
        <Swatch category={section.category} />
        <span class="name">{sectionName(section)}</span>
        <span class="small muted num">{money(priceOf(section.category))} · {fill(t.freeInRow, { n: states.leftIn(section) })}</span>
      </button>
      {isOpen && <ul class="rows">{states.rowsFor(section, party.value).map((row) => <Row key={row} section={section} row={row} />)}</ul>}
    </li>
  );
}

export function SeatList() {
  void seatsVersion.value; // drawn again when seats change
  const of = seats.value;
  if (!of?.states.isKnown) return null;
  const sections = of.hall.sections.filter((section) => of.states.hasRoom(section, party.value));
  return (
    <section class="sheet list" aria-labelledby="list-heading">
      <h2 id="list-heading">{t.list}</h2>
      <p class="small muted">{fill(sections.length ? t.listLead : t.listEmpty, { n: party.value })}</p>
      <ul>{sections.map((section) => <SectionItem key={section.first} section={section} />)}</ul>
    </section>
  );
}
