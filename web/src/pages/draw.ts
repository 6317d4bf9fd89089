// Lets a fan check the draw of an event and their own place in it (R-U4, R-Q13).
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { type Draw, Refused, call } from "../api/client";
import { dateTime } from "../lib/format";
import { placeOfToken } from "../lib/draw";
import { fill, number, table, translatePage } from "../lib/i18n";
import { common, eventOfPath, refusalText, startPage } from "../lib/page";
import { places } from "../lib/store";
import type { DrawQuestion, DrawResult } from "./draw_worker";

const t = table(ko.draw, en.draw);
const id = eventOfPath();
const result = () => document.getElementById("result")!;

function paragraph(text: string, style = ""): HTMLParagraphElement {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = style;
  return made;
}

function values(draw: Draw): HTMLElement {
  const list = document.createElement("dl");
  list.className = "sheet small";
  const add = (name: string, value: string | number | null | undefined) => {
    if (value === null || value === undefined) return;
    const term = document.createElement("dt");
    term.className = "muted";
    term.textContent = name;
    const shown = document.createElement("dd");
    shown.className = "num";
    shown.textContent = typeof value === "number" ? number(value) : value;
    list.append(term, shown);
  };
  add(t.commitment, draw.commitment);
  add(t.seed, draw.seed);
  add(t.digest, draw.digest);
  add(t.people, draw.people);
  add(t.beacon, draw.beacon);
  for (const move of draw.moves ?? []) add(t.moves, `${dateTime(move.from)} → ${dateTime(move.to)}`);
  return list;
}

function compute(question: DrawQuestion): Promise<DrawResult> {
  const worker = new Worker(new URL("./draw_worker.ts", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = (message: MessageEvent<DrawResult>) => resolve(message.data);
    worker.onerror = (error) => reject(new Error(error.message));
    worker.postMessage(question);
  });
}

async function check(draw: Draw): Promise<HTMLElement[]> {
  const { seed, digest, people } = draw;
  if (!seed || !digest || typeof people !== "number") return [paragraph(fill(t.notYet, { time: dateTime(draw.opensAt) }))];
  result().replaceChildren(paragraph(t.checking, "muted"));
  const kept = places.read(id);
  const place = kept ? placeOfToken(kept.token) : null;
  const { algorithm, opensAt, beacon } = draw;
  const found = await compute({ draw: { algorithm, seed, digest, people, opensAt, beacon }, eventId: id, place });
  const isGood = found.commitment === draw.commitment;
  const shown = [paragraph(isGood ? t.commitmentGood : t.commitmentBad, isGood ? "note go" : "note stop")];
  if (place === null || found.rank === null) shown.push(paragraph(t.noPlace, "note"));
  else shown.push(paragraph(fill(place > people ? t.behind : t.rank, { place, rank: found.rank, people }), "note go"));
  return shown;
}

async function start(): Promise<void> {
  try {
    const draw = await call("getDraw", { path: `/queue/draw/${id}` });
    const shown = await check(draw);
    result().replaceChildren(...shown, values(draw));
  } catch (error) {
    const isNone = error instanceof Refused && error.status === 404;
    result().replaceChildren(paragraph(isNone ? t.none : refusalText(error), "note stop"));
  }
  const back = document.createElement("a");
  back.href = `/e/${id}`;
  back.textContent = common.back;
  const line = paragraph("");
  line.append(back);
  result().append(line);
}

translatePage({ common, draw: t });
startPage();
void start();
