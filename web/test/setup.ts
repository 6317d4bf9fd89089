// What browsers have and Node.js 18, which Debian 12 has, does not.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto as Crypto;
