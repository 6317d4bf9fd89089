// Clock, streams, formats, hashes.
import { describe, expect, it } from "vitest";
import { createHash, createHmac } from "node:crypto";
import { fromBase64url, randomUuid, toBase64url, toHex } from "../src/lib/bytes";
import { ServerClock } from "../src/lib/clock";
import { countdown, money, span, viewersTime } from "../src/lib/format";
import { hmacSha256, sha256 } from "../src/lib/sha256";
import { EventParser } from "../src/lib/stream";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the server's clock", () => {
  it("is bounded ever more closely by answers (R-U6)", () => {
    let here = 1_000_000;
    const clock = new ServerClock(() => here);
    const difference = 3_456;
    for (const at of [1_000_000, 1_000_317, 1_000_643, 1_001_921, 1_003_250]) {
      here = at + 20;
      clock.note(Math.floor((at + 10 + difference) / 1000) * 1000, at, here);
    }
    expect(Math.abs(clock.now() - here - difference)).toBeLessThan(250);
  });
  it("believes the newest answer after this computer's clock was set, or slept", () => {
    let here = 1_000_000;
    const clock = new ServerClock(() => here);
    clock.note(1_000_000, here, here);
    here = 5_000_000;
    clock.note(1_600_000, here, here);
    expect(Math.abs(clock.now() - 1_600_500)).toBeLessThanOrEqual(500);
  });
});

describe("event streams", () => {
  it("are parsed across pieces, with comments, ids and several lines of data", () => {
    const parser = new EventParser();
    expect(parser.push(": hi\nretry: 2500\nevent: sta")).toEqual([]);
    expect(parser.push("tus\nid: a1\ndata: {\ndata: }\n\nda")).toEqual([{ name: "status", data: "{\n}", id: "a1" }]);
    expect(parser.push("ta: x\r\n\r\n")).toEqual([{ name: "message", data: "x", id: "a1" }]);
    expect(parser.retry).toBe(2500);
  });
});

describe("formats", () => {
  it("count a second that has begun, and never below zero", () => {
    expect([countdown(299_001), countdown(60_000), countdown(-5), countdown(3_600_000)]).toEqual(["5:00", "1:00", "0:00", "1:00:00"]);
  });
  it("write won without decimals", () => expect(money(150_000)).toBe("₩150,000"));
  it("say the two largest units", () => expect([span(300), span(90), span(93_784), span(0)]).toEqual(["5 minutes", "1 minute 30 seconds", "1 day 2 hours", "0 seconds"]));
  it("say the viewer's time only where it differs (R-U2)", () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(viewersTime("2036-02-01T10:00:00Z", here)).toBeNull();
    expect(viewersTime("2036-02-01T10:00:00Z", here === "Pacific/Kiritimati" ? "UTC" : "Pacific/Kiritimati")).not.toBeNull();
  });
});

describe("hashes and bytes", () => {
  it("are those of node", () => {
    for (const size of [0, 1, 36, 55, 56, 63, 64, 65, 119, 120, 1000]) {
      const message = Uint8Array.from({ length: size }, (_, i) => i * 7);
      expect(toHex(sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
      expect(toHex(hmacSha256(message, bytes("x")))).toBe(createHmac("sha256", message).update("x").digest("hex"));
    }
  });
  it("go through base64url and back", () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(fromBase64url(toBase64url(all))).toEqual(all);
    expect(randomUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
