// R-U2: both languages have the same texts, with the same values in them.
import { describe, expect, it } from "vitest";
import en from "../i18n/en.json";
import ko from "../i18n/ko.json";
import staffEn from "../i18n/staff.en.json";
import staffKo from "../i18n/staff.ko.json";
import { fill } from "../src/lib/i18n";

type Node = string | string[] | { [key: string]: Node };
const forms = (node: Node) => (Array.isArray(node) ? node : [String(node)]);
const values = (node: Node) => [...new Set(forms(node).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

function compare(a: Node, b: Node, path: string): string[] {
  if (typeof a !== "object" || Array.isArray(a) || typeof b !== "object" || Array.isArray(b)) {
    if (Array.isArray(a) !== Array.isArray(b)) return [`${path}: one is a list`];
    return values(a).join() === values(b).join() ? [] : [`${path}: ${values(a)} and ${values(b)}`];
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => (key in a && key in b ? compare(a[key]!, b[key]!, `${path}.${key}`) : [`${path}.${key} is missing`]));
}

describe("texts", () => {
  it("are the same in both languages", () => {
    expect(compare(en, ko, "")).toEqual([]);
    expect(compare(staffEn, staffKo, "")).toEqual([]);
  });
  it("notice a missing one", () => {
    expect(compare({ a: "{n}" }, { a: "x" }, "")).toEqual([".a: {n} and "]);
    expect(compare({ a: "" }, {}, "")).toEqual([".a is missing"]);
  });
  it("have their values filled in, by plural", () => {
    expect(fill(["{n} seat", "{n} seats"], { n: 1 })).toBe("1 seat");
    expect(fill(["{n} seat", "{n} seats"], { n: 1284 })).toBe("1,284 seats");
    expect(fill("{a} {b}", { a: "x" })).toBe("x {b}");
  });
});
