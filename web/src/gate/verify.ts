// Checks the signature of a ticket with the keys that the gate took along.
import { SIGNED_BYTES, fieldsOf } from "../lib/ticket_code";

export interface Jwk {
  kid: string;
  x: string;
}

// Null: this browser cannot check signatures.
export async function isSigned(ticket: Uint8Array, keys: readonly Jwk[]): Promise<boolean | null> {
  if (!globalThis.crypto?.subtle) return null;
  const { keyId } = fieldsOf(ticket);
  const jwk = keys.find(({ kid }) => kid === keyId);
  if (!jwk) return false;
  const key = await crypto.subtle
    .importKey("jwk", { kty: "OKP", crv: "Ed25519", x: jwk.x }, { name: "Ed25519" }, false, ["verify"])
    .catch(() => null);
  if (!key) return null;
  return crypto.subtle.verify({ name: "Ed25519" }, key, ticket.slice(SIGNED_BYTES), ticket.slice(0, SIGNED_BYTES));
}
