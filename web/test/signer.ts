// Makes tickets as the server does (docs/tickets.md).
import { generateKeyPairSync, sign } from "node:crypto";
import { toBase64url, toHex } from "../src/lib/bytes";
import { sha256 } from "../src/lib/sha256";
import { SIGNED_BYTES } from "../src/lib/ticket_code";

export class Signer {
  private readonly pair = generateKeyPairSync("ed25519");
  private readonly x = this.pair.publicKey.export({ format: "jwk" }).x!;
  readonly keyId = toHex(sha256(new Uint8Array(Buffer.from(this.x, "base64url"))).slice(0, 4));
  readonly jwk = { kid: this.keyId, x: this.x };

  // Of reservation 2^32 + 7, event 3, date 2, seat 9.
  ticket(last = 1): Uint8Array {
    const bytes = new Uint8Array(113);
    bytes[0] = 1;
    bytes.set(Buffer.from(this.keyId, "hex"), 1);
    bytes.set([0xff, 0, 0xff, 0, 0xff, 0, 0xff, last], 5); // the serial
    for (const [at, value] of [[15, 1], [19, 7], [26, 3], [33, 2], [40, 9]] as const) bytes[at] = value;
    bytes.set(sign(null, bytes.subarray(0, SIGNED_BYTES), this.pair.privateKey), SIGNED_BYTES);
    return bytes;
  }
  code(last = 1): string {
    return toBase64url(this.ticket(last));
  }
}
