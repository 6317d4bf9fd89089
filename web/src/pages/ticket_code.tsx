// The code of a ticket that was paid (R-P7): a QR code to show at the door, the number to type, and whether it was used.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { Refused, send, sendForFile } from "../api/client";
import { asOwner } from "../api/identity";
import { fill, table } from "../lib/i18n";
import { common } from "../lib/page";
import { dateTime } from "../lib/format";

const t = table(ko.my, en.my);

interface TicketDto {
  serial: string;
  usedAt?: string | null;
}
type State = { kind: "loading" } | { kind: "failed" } | { kind: "revoked" } | { kind: "good"; ticket: TicketDto; svg: Element };

async function load(reservationId: number): Promise<State> {
  const path = `/events/reservations/${reservationId}/ticket`;
  try {
    const { data: ticket } = await asOwner((headers) => send<TicketDto>({ path, headers }));
    const file = await asOwner((headers) => sendForFile({ path: `${path}.svg`, headers }));
    const svg = new DOMParser().parseFromString(await file.text(), "image/svg+xml").documentElement;
    return { kind: "good", ticket, svg };
  } catch (error) {
    return { kind: error instanceof Refused && error.code === "TICKET_REVOKED" ? "revoked" : "failed" };
  }
}

// "ff00ff00ff00ff00" -> "ff00 ff00 ff00 ff00": to be read out and typed.
const grouped = (serial: string) => serial.replace(/(.{4})(?=.)/g, "$1 ");

export function TicketCode({ reservationId, timeZone }: { reservationId: number; timeZone: string }) {
  const state = useSignal<State>({ kind: "loading" });
  const box = useRef<HTMLDivElement>(null);
  const begin = () => {
    state.value = { kind: "loading" };
    void load(reservationId).then((loaded) => (state.value = loaded));
  };
  useEffect(begin, [reservationId]);
  const now = state.value;
  useEffect(() => {
    if (now.kind !== "good" || !box.current) return;
    const svg = document.importNode(now.svg, true);
    svg.setAttribute("aria-label", t.code);
    box.current.replaceChildren(svg);
  }, [now]);
  if (now.kind === "loading") return <p class="code small muted" role="status">{common.loading}</p>;
  if (now.kind === "revoked") return <p class="code stamp">{t.revoked}</p>;
  if (now.kind === "failed") return <p class="code small">{t.codeFailed} <button type="button" class="link" onClick={begin}>{common.again}</button></p>;
  return (
    <div class="code" data-code>
      {now.ticket.usedAt && <p class="stamp">{fill(t.used, { time: dateTime(now.ticket.usedAt, timeZone) })}</p>}
      <div ref={box} class={now.ticket.usedAt ? "qr used" : "qr"} />
      <p class="tiny num">{fill(t.serial, { serial: grouped(now.ticket.serial) })}</p>
    </div>
  );
}
