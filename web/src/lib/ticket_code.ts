// What a ticket's code says (docs/tickets.md). Pure; checking the signature is in gate/verify.ts.
import { fromBase64url, toHex } from "./bytes";

export interface TicketFields {
  keyId: string; // 8 hexadecimal digits
  serial: string; // 16 hexadecimal digits
  reservation: number;
  event: number;
  date: number;
  seat: number;
}

const LENGTH = 151;
const BYTES = 113;
export const SIGNED_BYTES = 49;
// The last character carries 4 bits: the others have to be zero, so that a ticket has one text only.
const FORM = new RegExp(`^[A-Za-z0-9_-]{${LENGTH - 1}}[AEIMQUYcgkosw048]$`);

function number(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

// The bytes of a ticket's code, or null if it is none.
export function bytesOf(code: string): Uint8Array | null {
  if (!FORM.test(code)) return null;
  const bytes = fromBase64url(code);
  return bytes.length === BYTES && bytes[0] === 1 ? bytes : null;
}

export function fieldsOf(bytes: Uint8Array): TicketFields {
  return {
    keyId: toHex(bytes.subarray(1, 5)),
    serial: toHex(bytes.subarray(5, 13)),
    reservation: number(bytes, 13, 7),
    event: number(bytes, 20, 7),
    date: number(bytes, 27, 7),
    seat: number(bytes, 34, 7),
  };
}

// Of a whole code, or of a serial that somebody has typed: spaces and dashes do not count.
export function serialOf(text: string): string | null {
  const bytes = bytesOf(text.trim());
  if (bytes) return fieldsOf(bytes).serial;
  const typed = text.replace(/[\s-]/g, "").toLowerCase();
  return /^[0-9a-f]{16}$/.test(typed) ? typed : null;
}
