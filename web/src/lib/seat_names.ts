// Where seats are, by their ids: for pages that have no seat map.
import { type Reservation, call } from "../api/client";
import { fill } from "./i18n";
import { common } from "./page";

const MOST = 40;

// Seats of a layout without sections or of a cancelled date, and what cannot be found out, are left out.
export async function seatNames(reservations: readonly Reservation[]): Promise<Map<number, string>> {
  const known = reservations.filter((one) => !one.dateCancelled).slice(0, MOST);
  const seats = await Promise.all(known.map((one) => call("getSeat", { path: `/seats/${one.seatId}` }).catch(() => null)));
  return new Map(
    seats.flatMap((seat) =>
      seat && typeof seat.section === "string"
        ? [[seat.id, fill(common.seatPlace, { section: seat.section, row: seat.row ?? 0, seat: seat.numberInRow ?? 0 })] as const]
        : [],
    ),
  );
}
