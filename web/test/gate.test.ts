// The check-in's pure parts: codes, what is against a ticket, scans on their way to the server (R-P7, R-P9).
import { describe, expect, it } from "vitest";
import { type Revocations, type Scan, answered, isWrong, judged, objection, unsent } from "../src/gate/ledger";
import { isSigned } from "../src/gate/verify";
import { toBase64url, toHex } from "../src/lib/bytes";
import { bytesOf, fieldsOf, serialOf } from "../src/lib/ticket_code";
import { Signer } from "./signer";

const signer = new Signer();
const { keyId } = signer;
const keys = [{ ...signer.jwk, kid: "00000000" }, signer.jwk];
const ticket = () => signer.ticket();

describe("a ticket's code", () => {
  const code = toBase64url(ticket());
  it("names its reservation, date and seat", () => {
    expect(code).toHaveLength(151);
    expect(fieldsOf(bytesOf(code)!)).toEqual({ keyId, serial: "ff00ff00ff00ff01", reservation: 2 ** 32 + 7, event: 3, date: 2, seat: 9 });
    expect([serialOf(` ${code}\n`), serialOf("FF00 ff00-ff00 ff01"), serialOf("ff00"), serialOf(`${code}A`)]).toEqual(["ff00ff00ff00ff01", "ff00ff00ff00ff01", null, null]);
  });
  it("has one text only", () => {
    const last = code.at(-1)!;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const same = [...alphabet].filter((char) => bytesOf(code.slice(0, -1) + char) && toHex(bytesOf(code.slice(0, -1) + char)!) === toHex(ticket()));
    expect(same).toEqual([last]);
    expect([bytesOf(`${code}=`), bytesOf(` ${code}`), bytesOf(code.replace(/^./, "+"))]).toEqual([null, null, null]);
  });
  it("is refused with any bit of it flipped", async () => {
    expect(await isSigned(ticket(), keys)).toBe(true);
    for (let bit = 0; bit < 113 * 8; bit++) {
      const changed = ticket();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const read = bytesOf(toBase64url(changed));
      expect(read ? await isSigned(read, keys) : false, `bit ${bit}`).toBe(false);
    }
  });
});

const scan = (more: Partial<Scan> = {}): Scan => ({
  serial: "a", at: "2036-02-01T10:00:00.000Z", dateId: 1, place: "", isSent: false, undo: "no", result: "ACCEPTED", first: null, ...more,
});
const nothing: Revocations = { revoked: [], usedTwice: [] };
const other = { at: "2036-02-01T09:00:00.000Z", device: "b" };

describe("without network", () => {
  it("a ticket is good once, unless it was revoked or used elsewhere", () => {
    expect(objection("a", nothing, [], "me")).toBeNull();
    expect(objection("a", { ...nothing, revoked: ["a"] }, [], "me")).toEqual({ kind: "revoked" });
    expect(objection("a", nothing, [scan()], "me")).toEqual({ kind: "used", first: { at: scan().at, device: "me" } });
    expect(objection("a", nothing, [scan({ undo: "unsent" })], "me")).toBeNull();
    expect(objection("a", { ...nothing, usedTwice: [{ serial: "a", first: other, later: [] }] }, [], "me")).toEqual({ kind: "used", first: other });
  });
});

describe("scans on their way", () => {
  it("are sent once each, an undo after its scan", () => {
    expect(unsent([scan(), scan({ serial: "b", isSent: true }), scan({ serial: "c", undo: "unsent" }), scan({ serial: "d", isSent: true, undo: "sent" })])).toEqual([
      { serial: "a", at: scan().at }, { serial: "c", at: scan().at }, { serial: "c", at: scan().at, undo: true },
    ]);
  });
  it("learn what became of them, also when a time is written in another form", () => {
    const scans = [scan(), scan({ serial: "c", undo: "unsent" }), scan({ serial: "d" })];
    const sent = unsent(scans).slice(0, 3); // the last one in another call
    const at = "2036-02-01T10:00:00Z";
    const after = answered(scans, sent, [
      { serial: "a", at, result: "ALREADY_USED", first: other }, { serial: "c", at, result: "ACCEPTED", first: null }, { serial: "c", at, result: "ACCEPTED", first: null },
    ]);
    expect(after.map(({ isSent, undo, result }) => [isSent, undo, result])).toEqual([[true, "no", "ALREADY_USED"], [true, "sent", "ACCEPTED"], [false, "no", "ACCEPTED"]]);
    expect(after.filter(isWrong)).toHaveLength(1);
  });
  it("are judged by what all gates have sent: the earliest counts, whenever it came", () => {
    const mine = { at: scan().at, device: "me" };
    const twice = (first: typeof mine) => ({ ...nothing, usedTwice: [{ serial: "a", first, later: [] }] });
    const sent = scan({ isSent: true });
    expect(judged(sent, twice(other), "me")).toMatchObject({ result: "ALREADY_USED", first: other });
    expect(judged({ ...sent, result: "ALREADY_USED", first: other }, twice({ ...mine, at: "2036-02-01T10:00:00Z" }), "me")).toMatchObject({ result: "ACCEPTED", first: null });
    expect(judged(sent, { ...nothing, revoked: ["a"] }, "me").result).toBe("REVOKED");
    expect(judged(scan(), twice(other), "me").result).toBe("ACCEPTED"); // not sent: the server has not judged it
    expect(judged({ ...sent, undo: "sent" }, twice(other), "me").result).toBe("ACCEPTED");
  });
});
