// The test vectors of docs/draw.md.
import { expect, it } from "vitest";
import { toHex } from "../src/lib/bytes";
import { commitmentOf, keyOf, placeOfToken, rankOf } from "../src/lib/draw";

const draw = {
  algorithm: "stagedoor-draw-2",
  seed: toHex(new TextEncoder().encode("0123456789abcdef0123456789abcdef")),
  digest: "93a69c526d8d26ce2c77a22ba94f1f46936abdd8c05ce1270588af51a850c24b",
  people: 10,
  opensAt: "2036-01-01T00:00:00Z",
};

it("computes commitment, key and order as docs/draw.md says", () => {
  expect(commitmentOf(draw, 7)).toBe("d64e740def458570b4721f12a8840c7cc9a31ad4b71c50c057fe9e43df3aa9bb");
  expect(toHex(keyOf(draw))).toBe("f8acbf06a1775fc1e7e0f2dc52be46d75f63a3b90cdd02567ccefbfe16c9e182");
  expect(toHex(keyOf({ ...draw, beacon: "31415" }))).toBe("d7e9540191782e29ea75ca2a65bea456e130ca08fd2311f681e0ccec45d0bce5");
  const order = [2, 5, 7, 10, 1, 9, 3, 6, 8, 4];
  expect(order.map((place) => rankOf(keyOf(draw), 10, place))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(rankOf(keyOf(draw), 10, 11)).toBe(11);
});

it("reads the place of a token", () => {
  const token = new Uint8Array(57);
  new DataView(token.buffer).setUint32(13, 4711);
  expect(placeOfToken(`Bearer ${Buffer.from(token).toString("base64url")}`)).toBe(4711);
});
