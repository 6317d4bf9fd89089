// The draw computed again (docs/draw.md has the formulas). Pure; takes a second for a million people, so a worker calls it.
import { fromBase64url, fromHex, toHex } from "./bytes";
import { concat, hmacSha256, sha256 } from "./sha256";

const text = new TextEncoder();

function big(number: bigint | number, size: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 8) view.setBigUint64(0, BigInt(number));
  else view.setUint32(0, Number(number));
  return new Uint8Array(view.buffer);
}

export interface DrawnValues {
  algorithm: string;
  seed: string; // hexadecimal
  digest: string;
  people: number;
  opensAt: string;
  beacon?: string | null | undefined;
}

export function commitmentOf(draw: Pick<DrawnValues, "algorithm" | "seed" | "opensAt">, eventId: number): string {
  const opening = draw.algorithm === "stagedoor-draw-1" ? [big(BigInt(Date.parse(draw.opensAt)), 8)] : [];
  return toHex(sha256(concat(text.encode(draw.algorithm), fromHex(draw.seed), big(eventId, 8), ...opening)));
}

export function keyOf(draw: Pick<DrawnValues, "seed" | "digest" | "beacon">): Uint8Array {
  return hmacSha256(fromHex(draw.seed), concat(fromHex(draw.digest), text.encode(draw.beacon ?? "")));
}

// Where a place stands in the order, from 1: one more than the number of places whose hash is smaller. Places that joined after
// the opening keep their number.
export function rankOf(key: Uint8Array, people: number, place: number): number {
  if (place > people) return place;
  const message = new Uint8Array(36);
  message.set(key);
  const view = new DataView(message.buffer);
  const hash = (of: number) => {
    view.setUint32(32, of);
    return sha256(message);
  };
  const own = hash(place);
  let rank = 1;
  for (let other = 1; other <= people; other++) if (other !== place && isLess(hash(other), own)) rank++;
  return rank;
}

function isLess(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

// The place that a token carries: version (1 byte), key id (4), event (8), place (4), …
export function placeOfToken(token: string): number {
  const bytes = fromBase64url(token.replace(/^Bearer\s+/i, ""));
  return new DataView(bytes.buffer).getUint32(13);
}
