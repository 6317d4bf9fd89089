// A reservation as an operator sees it, with what may be done to it: release a hold, refund a sale, give it to somebody else.
import { useSignal } from "@preact/signals";
import type { Reservation, Schemas } from "../api/client";
import { dateTime, money } from "../lib/format";
import { fill } from "../lib/i18n";
import { common } from "../lib/page";
import { reassignReservation, releaseReservation } from "./calls";
import { Ask, For } from "./form";
import { edit } from "./session";
import { act, t } from "./state";

const UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

function Actions({ of, changed }: { of: Reservation; changed: (now: Reservation) => unknown }) {
  const to = useSignal("");
  const step = (work: () => Promise<Reservation>, done: string) => () =>
    act(async () => {
      await changed(await work());
      return done;
    });
  const values = { id: String(of.id), amount: money(of.price) };
  const isHold = of.status === "RESERVED" || of.status === "PENDING";
  const refund = () => edit("adminRefundReservation", { method: "POST", path: `/admin/reservations/${of.id}/refund` });
  return (
    <div class="stack tight actions">
      {isHold && <Ask label={t.release} question={fill(t.releaseQuestion, values)} yes={t.releaseYes} act={step(() => releaseReservation(of.id), t.releaseDone)} />}
      {of.status === "PAID" && <Ask label={t.refund} question={fill(t.refundQuestion, values)} yes={t.refundYes} act={step(refund, t.refundDone)} />}
      {of.status === "PAID" && (
        <Ask label={t.reassign} question={fill(t.reassignQuestion, values)} yes={t.reassignYes} act={step(() => reassignReservation(of.id, to.value.trim()), t.reassignDone)}>
          <div class="field"><label for={`to-${of.id}`}>{t.reassignTo}</label><input id={`to-${of.id}`} required pattern={UUID} value={to} onInput={(input) => (to.value = input.currentTarget.value)} /></div>
        </Ask>
      )}
    </div>
  );
}

interface Props {
  of: Schemas["FoundReservationDto"]; // or any other reservation
  place: string | null; // section, row and seat, where they are known
  changed: (now: Reservation) => unknown;
  showUser?: (user: string) => void;
}

export function ReservationItem({ of, place, changed, showUser }: Props) {
  const cancelled = of.dateCancelled;
  return (
    <article class="rule stack tight" aria-label={fill(t.reservation, { id: String(of.id) })}>
      <div class="row"><b>{fill(t.reservation, { id: String(of.id) })}</b><span class={`badge state-${of.status.toLowerCase()}`}>{t.reservationStates[of.status]}</span></div>
      <p>{of.eventName} · {dateTime(of.eventDate)}</p>
      <p>{place ?? fill(common.seatOnly, { seat: of.seatNumber })} · {money(of.price)}</p>
      <p class="small muted">{showUser ? <button type="button" class="link" onClick={() => showUser(of.userId)}><code>{of.userId}</code></button> : <code>{of.userId}</code>}</p>
      <p class="small muted">{fill(t.reservationTimes, { made: dateTime(of.createdAt), changed: dateTime(of.updatedAt) })}</p>
      {of.ticketSerial && <p class="small muted">{fill(t.ticketSerial, { serial: of.ticketSerial })}</p>}
      {of.ticketRevoked && <p class="note stop small" data-revoked>{t.ticketRevoked}</p>}
      {cancelled && <p class="small">{fill(t.dateWasCancelled, { reason: cancelled.reason })}</p>}
      <For role="operator"><Actions of={of} changed={changed} /></For>
    </article>
  );
}
