// What somebody who types into the field means: a user's id, a reservation's number, a ticket's serial or what its code says. Pure.
import { serialOf } from "../lib/ticket_code";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function queryOf(text: string): Record<string, string> | null {
  const word = text.trim();
  if (UUID.test(word)) return { user: word.toLowerCase() };
  const serial = serialOf(word);
  if (serial) return { ticket: serial };
  const number = /^(?:no\.?|#)?\s*(\d{1,15})$/i.exec(word)?.[1];
  return number ? { id: number } : null;
}
