// The catalogue's documents as texts of a form, and back as patches. Fields are named by their path: "on_sale.from". Pure.
import { toInstant, toLocal } from "../lib/zoned";

const NUMBERS = ["people", "capacity", "return_share", "priority_share", "places_max", "seats_per_user"];
const FLAGS = ["spread", "closed", "deleted"];
const TIMES = ["from", "until", "starts_at", "gather_from", "refund_until"];

export type Texts = Record<string, string>;
type Node = Record<string, unknown>;

const last = (path: string) => path.split(".").at(-1)!;
const isTime = (path: string) => TIMES.includes(last(path));

// The fields of a document as a form shows them; absent ones are empty.
export function textsOf(document: object, paths: readonly string[], zone: string): Texts {
  return Object.fromEntries(
    paths.map((path) => {
      const value = path.split(".").reduce<unknown>((node, name) => (node as Node | null | undefined)?.[name], document);
      if (value === null || value === undefined) return [path, FLAGS.includes(last(path)) ? "false" : ""];
      return [path, isTime(path) ? toLocal(String(value), zone) : String(value)];
    }),
  );
}

// A merge patch: an empty field becomes null, which takes the value back.
export function patchOf(changes: Texts, zone: string): Node {
  const patch: Node = {};
  for (const [path, text] of Object.entries(changes)) {
    const names = path.split(".");
    const name = names.pop()!;
    const node = names.reduce<Node>((parent, child) => (parent[child] ??= {}) as Node, patch);
    if (FLAGS.includes(name)) node[name] = text === "true";
    else if (text.trim() === "") node[name] = null;
    else if (isTime(path)) node[name] = toInstant(text, zone);
    else node[name] = NUMBERS.includes(name) ? Number(text) : text.trim();
  }
  return patch;
}

// The same as a new document: what is empty is left out.
export function documentOf(texts: Texts, zone: string): Node {
  return patchOf(Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== "" && text !== "false")), zone);
}

// What is written on a line of its own: user ids.
export function linesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

// "A 1 1-4, 6" and the like are kept to numbers: "1-4, 7" -> [1, 2, 3, 4, 7]. Null: it is something else, or too many.
const MOST = 10_000;
export function numbersOf(text: string): number[] | null {
  const numbers = new Set<number>();
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const range = /^(\d+)(?:[-–](\d+))?$/.exec(part);
    if (!range) return null;
    const [first, end] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (end < first || end - first >= MOST) return null;
    for (let number = first; number <= end; number++) numbers.add(number);
  }
  return numbers.size && numbers.size <= MOST ? [...numbers] : null;
}
