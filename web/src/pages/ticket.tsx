// A reservation that was paid, as a ticket: with its code while it is valid.
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import type { Reservation } from "../api/client";
import { dateTime, money, viewersTime, zoneName } from "../lib/format";
import { fill, table } from "../lib/i18n";
import { clock } from "../lib/clock";
import { common } from "../lib/page";
import { TicketCode } from "./ticket_code";

const t = table(ko.my, en.my);
const KEPT_MS = 86_400_000; // after the beginning of the performance the code is still shown

interface Props {
  reservation: Reservation;
  venue?: string;
  timeZone: string;
  place: string | null; // section, row and seat, where they are known
  state?: string; // why it is not valid any more
  level?: 2 | 3; // of its heading
}

export function Ticket({ reservation, venue = "", timeZone, place, state, level = 3 }: Props) {
  const Heading = `h${level}` as const;
  const isValid = reservation.status === "PAID" && !reservation.dateCancelled && Date.parse(reservation.eventDate) + KEPT_MS > clock.now();
  const here = viewersTime(reservation.eventDate, timeZone);
  return (
    <article class={state ? "ticket void" : "ticket"} aria-label={`${t.ticket} ${fill(t.number, { id: String(reservation.id) })}`}>
      <div class="body">
        <Heading>{reservation.eventName}</Heading>
        <p class="muted small">{venue}</p>
        <p><time datetime={reservation.eventDate}>{dateTime(reservation.eventDate, timeZone)} {zoneName(reservation.eventDate, timeZone)}</time></p>
        {here && <p class="tiny">{fill(common.yourTime, { time: here })}</p>}
        <p class="place">{place ?? fill(common.seatOnly, { seat: reservation.seatNumber })}</p>
        {state && <p class="stamp">{state}</p>}
      </div>
      <div class="stub">
        <svg viewBox="0 0 64 64" aria-hidden="true"><circle class="glow" cx="32" cy="42" r="18" /><path class="rod" d="M32 6v12" /><path class="shade" d="M16 36a16 16 0 0 1 32 0z" /><circle class="bulb" cx="32" cy="41" r="7" /></svg>
        <span class="num small">{money(reservation.price)}</span>
        <span class="tiny num">{fill(t.number, { id: String(reservation.id) })}</span>
      </div>
      {isValid && <TicketCode reservationId={reservation.id} timeZone={timeZone} />}
    </article>
  );
}
