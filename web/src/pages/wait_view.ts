// The elements of the waiting page. They are in build/main/wait.html and stay; only their texts change, so that focus is never lost.
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import type { Draw, EventWithDates, QueuePlace, Room } from "../api/client";
import { countdown, dateTime, money, span, time, viewersTime } from "../lib/format";
import { fill, number, table } from "../lib/i18n";
import { common } from "../lib/page";
import { SoldOutTimes, categoriesOf, categoriesOfStock } from "../lib/sale";
import { SHAPES } from "../lib/shapes";
import { type Kind, type Trouble, isInLine, kindOf, mayRejoin, opensAt, progress, waitOf } from "./wait_state";

const t = table(ko.waiting, en.waiting);

export interface Model {
  place: QueuePlace | null;
  event: EventWithDates | null;
  room: Room | null;
  draw: Draw | null;
  trouble: Trouble;
  reason: string; // of the refusal
  lostAt: number | null;
  heardAt: number | null;
  wasAway: boolean;
  first: number | null; // the position first seen
  wantsNotice: boolean;
  isLeaving: boolean;
  needsSignIn: boolean;
}

export interface Actions {
  leave(): void;
  rejoin(): void;
  signIn(): void;
  again(): void;
  notify(): void;
  open(): void;
}

const HEADINGS: Record<Kind, string> = {
  joining: t.joining, "sign-in": t.signInHeading, "not-open": t.notOpenHeading, gathering: t.gatheringHeading, waiting: t.heading,
  near: t.heading, paused: t.heading, turn: t.turnHeading, "sold-out": t.soldOutHeading, over: t.overHeading, left: t.leftHeading,
  "turn-over": t.turnOverHeading, paid: t.paidHeading, emptied: t.emptiedHeading, invalid: t.invalidHeading, "no-event": common.noEvent,
  refused: t.refusedHeading,
};
const TEXTS: Partial<Record<Kind, string>> = {
  "sign-in": t.signIn, turn: t.turn, "sold-out": t.soldOut, over: t.over, left: t.leftText, "turn-over": t.turnOver, paid: t.paid,
  emptied: t.emptied, invalid: t.invalid,
};

const byId = (id: string) => document.getElementById(id)!;

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

function button(text: string, kind: "" | "quiet", click: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = text;
  made.addEventListener("click", click);
  return made;
}

function link(text: string, href: string, kind: string): HTMLAnchorElement {
  const made = document.createElement("a");
  made.href = href;
  made.className = kind;
  made.textContent = text;
  return made;
}

export class WaitView {
  private readonly soldOut = new SoldOutTimes();
  private shownKind: Kind | null = null;
  private shownChoices = "";
  private asksToLeave = false;

  constructor(
    private readonly eventId: number,
    private readonly actions: Actions,
  ) {}

  heading(kind: Kind): string {
    return HEADINGS[kind];
  }

  focusHeading(): void {
    byId("main").focus();
  }

  showSecondTab(): void {
    byId("tabs").hidden = false;
  }

  show(model: Model, now: number): void {
    const { place, event } = model;
    const kind = kindOf(place, model.trouble);
    if (kind !== this.shownKind) this.changeKind(kind);
    const zone = event?.timeZone;
    setText(byId("event"), event ? [event.name, event.performer].filter(Boolean).join(" · ") : "");
    setText(byId("heading"), HEADINGS[kind]);
    this.showPlace(model, kind, now);
    this.showAlert(model, kind, zone);
    this.showFacts(place, kind);
    this.showStock(model, kind, now);
    this.showNext(model, kind);
    this.showContact(model, kind, now);
    this.showChoices(model, kind);
    this.showTitle(model, kind);
  }

  private changeKind(kind: Kind): void {
    this.shownKind = kind;
    byId("main").dataset["state"] = kind;
    const actions: HTMLElement[] = [];
    if (kind === "turn") actions.push(link(t.open, `/buy/${this.eventId}`, "button wide"));
    if (kind === "sign-in") actions.push(button(common.signIn, "", this.actions.signIn));
    if (kind === "paid") actions.push(link(common.my, "/my", "button wide"));
    if (mayRejoin(kind)) actions.push(button(t.rejoin, kind === "paid" ? "quiet" : "", this.actions.rejoin));
    if (kind === "refused") actions.push(button(common.again, "", this.actions.again));
    if (kind === "sold-out" || kind === "over" || mayRejoin(kind)) actions.push(link(common.back, `/e/${this.eventId}`, "button quiet"));
    if (kind === "no-event") actions.push(link(common.toEvents, "/", "button quiet"));
    byId("actions").replaceChildren(...actions);
  }

  private showPlace(model: Model, kind: Kind, now: number): void {
    const { place, event } = model;
    const position = kind === "sold-out" ? null : place?.position;
    const isCounting = isInLine(kind) && typeof position === "number";
    const percent = isCounting ? progress(model.first, position) : 0;
    setText(byId("number"), isCounting ? number(position) : "");
    setText(byId("ahead"), isCounting ? (position === 0 ? t.next : fill(t.ahead, { n: position })) : "");
    const bar = byId("bar");
    bar.hidden = !isCounting;
    bar.setAttribute("aria-label", t.progress);
    bar.setAttribute("aria-valuenow", String(percent));
    (bar.firstElementChild as HTMLElement).style.width = `${percent}%`;
    setText(byId("wait"), this.waitText(model, kind));
    setText(byId("below"), this.belowText(model, kind, event, now));
  }

  private waitText(model: Model, kind: Kind): string {
    const { place, event } = model;
    if (kind === "refused") return model.reason;
    if (kind === "not-open" && event) return fill(t.notOpen, { time: dateTime(opensAt(event), event.timeZone) });
    if (kind === "gathering" && event) return fill(t.gathering, { time: time(event.saleStartDate, event.timeZone) });
    if (kind === "near") return t.near;
    if (TEXTS[kind]) return TEXTS[kind];
    if ((kind === "waiting" || kind === "paused") && place) return this.wait(place);
    return "";
  }

  private wait(place: QueuePlace): string {
    const wait = waitOf(place);
    switch (wait.kind) {
      case "unknown":
        return t.unknown;
      case "soon":
        return t.lessThanMinute;
      case "one":
        return fill(t.bandOne, { n: wait.minutes });
      case "band":
        return fill(t.band, { low: wait.low, high: wait.high });
    }
  }

  private belowText(model: Model, kind: Kind, event: EventWithDates | null, now: number): string {
    const { place } = model;
    if (!event) return "";
    if (kind === "not-open") return fill(t.notOpenIn, { span: span((opensAt(event) - now) / 1000) });
    if (kind === "gathering") {
      const until = fill(t.gatheringIn, { span: span((Date.parse(event.saleStartDate) - now) / 1000) });
      const here = model.room ? ` ${fill(t.present, { n: model.room.present })}.` : "";
      const mine = viewersTime(event.saleStartDate, event.timeZone);
      return `${until}.${here}${mine ? ` ${fill(common.yourTime, { time: mine })}.` : ""}`;
    }
    if (kind === "turn" && place?.expiresAt) return fill(t.turnEnds, { time: countdown(Date.parse(place.expiresAt) - now) });
    if (kind === "waiting" || kind === "near" || kind === "paused") {
      return event.rules ? `${t.onlyFalls} ${fill(t.turnLasts, { span: span(event.rules.turnSeconds) })}` : t.onlyFalls;
    }
    return "";
  }

  private showAlert(model: Model, kind: Kind, zone: string | undefined): void {
    const alert = byId("alert");
    const { place } = model;
    let text = "";
    let act: HTMLElement | null = null;
    if (model.needsSignIn) {
      text = `${t.renewHeading}. ${t.renew}`;
      act = button(common.signIn, "", this.actions.signIn);
    } else if (place?.paused && isInLine(kind)) {
      const since = time(place.paused.since, zone);
      text = place.paused.text ? fill(t.paused, { time: since, reason: place.paused.text }) : fill(t.pausedNoReason, { time: since });
    } else if (model.wasAway && model.lostAt === null && isInLine(kind)) {
      text = t.back;
    }
    if (alert.dataset["text"] === text) return;
    alert.dataset["text"] = text;
    alert.hidden = text === "";
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    alert.replaceChildren(paragraph, ...(act ? [act] : []));
  }

  private showFacts(place: QueuePlace | null, kind: Kind): void {
    byId("facts").hidden = !place || !["waiting", "near", "paused"].includes(kind);
    if (!place) return;
    byId("admitted").textContent = number(place.admittedLastMinute);
    byId("behind").textContent = typeof place.behind === "number" ? number(place.behind) : "–";
  }

  private showStock(model: Model, kind: Kind, now: number): void {
    const section = byId("stock");
    const stock = model.place?.stock;
    section.hidden = !stock || !isInLine(kind);
    if (!stock) return;
    const categories = categoriesOfStock(stock, model.event ? categoriesOf(model.event).map(({ name }) => name) : []);
    this.soldOut.note(categories, now);
    const list = section.querySelector("ul")!;
    const rows = categories.map(({ name, low, high, left }, i) => {
      const at = this.soldOut.of(name);
      const price = low === high ? money(low) : `${money(low)} – ${money(high)}`;
      const state = left ? number(left) : at === null ? common.soldOut : fill(t.soldOutAt, { time: time(at) });
      return [String(i), name, price, state, left ? "" : "gone"] as const;
    });
    const key = JSON.stringify(rows);
    if (list.dataset["rows"] !== key) {
      list.dataset["rows"] = key;
      list.replaceChildren(...rows.map((row) => this.stockRow(row)));
    }
    const onlyHeld = stock.seatsLeft === 0 && !model.place?.soldOut;
    const until = now + (model.event?.rules?.holdSeconds ?? 300) * 1000;
    setText(section.querySelector("p")!, onlyHeld ? fill(t.onlyHeld, { time: time(until, model.event?.timeZone) }) : "");
  }

  private stockRow([index, name, price, left, gone]: readonly [string, string, string, string, string]): HTMLLIElement {
    const row = document.createElement("li");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 14 14");
    svg.setAttribute("class", `swatch cat-${(Number(index) % 4) + 1}`);
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", SHAPES[Number(index) % 4]!);
    svg.append(path);
    const cell = (tag: "span" | "b", text: string, style: string) => {
      const made = document.createElement(tag);
      made.textContent = text;
      made.className = style;
      return made;
    };
    row.append(svg, cell("span", name, gone), cell("span", price, "small muted num"), cell("b", left, gone ? "small" : "num"));
    return row;
  }

  private showNext(model: Model, kind: Kind): void {
    const { event, draw } = model;
    byId("next").hidden = !event || !["gathering", "waiting", "near", "paused"].includes(kind);
    if (!event?.rules) return;
    setText(byId("step2"), fill(t.step2, { n: event.rules.seatsPerUser, span: span(event.rules.holdSeconds) }));
    const line = byId("draw");
    const text = !draw ? "" : draw.drawnAt ? fill(t.drawn, { time: time(draw.drawnAt, event.timeZone) }) : `${t.commitment}: ${draw.commitment.slice(0, 16)}…`;
    if (line.dataset["text"] === text) return;
    line.dataset["text"] = text;
    line.hidden = text === "";
    line.replaceChildren(`${text} `, link(t.check, `/draw/${this.eventId}`, ""));
  }

  private showContact(model: Model, kind: Kind, now: number): void {
    const contact = byId("contact");
    const matters = (isInLine(kind) && kind !== "sold-out") || kind === "turn";
    contact.classList.toggle("lost", model.lostAt !== null);
    if (!matters || model.heardAt === null) return setText(contact, "");
    if (model.lostAt !== null) return setText(contact, fill(t.lost, { time: time(model.lostAt) }));
    setText(contact, `${fill(t.connected, { span: span(Math.max(0, now - model.heardAt) / 1000) })} ${t.kept}`);
  }

  private showChoices(model: Model, kind: Kind): void {
    const choices = byId("choices");
    const key = `${isInLine(kind)} ${kind === "sold-out"} ${model.wantsNotice} ${this.asksToLeave} ${"Notification" in window ? Notification.permission : ""}`;
    choices.hidden = !isInLine(kind);
    if (this.shownChoices === key) return;
    this.shownChoices = key;
    choices.replaceChildren(...(isInLine(kind) ? this.choices(model, kind) : []));
  }

  private choices(model: Model, kind: Kind): HTMLElement[] {
    const notice = button(model.wantsNotice ? this.noticeText() : t.notify, "quiet", this.actions.notify);
    notice.setAttribute("aria-pressed", String(model.wantsNotice));
    const notices = kind === "sold-out" ? [] : [notice]; // there is nothing left to be told
    if (!this.asksToLeave) return [...notices, button(t.leave, "quiet", () => this.askToLeave(model, true))];
    const question = document.createElement("p");
    question.textContent = t.leaveSure;
    const group = document.createElement("div");
    group.className = "note stop question";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", t.leaveSure);
    const leave = () => {
      this.asksToLeave = false;
      this.actions.leave();
    };
    group.append(question, button(t.leaveYes, "", leave), button(t.leaveNo, "quiet", () => this.askToLeave(model, false)));
    return [...notices, group];
  }

  private noticeText(): string {
    return "Notification" in window && Notification.permission === "granted" ? t.notifyOn : t.notifySound;
  }

  private askToLeave(model: Model, asks: boolean): void {
    this.asksToLeave = asks;
    this.showChoices(model, kindOf(model.place, model.trouble));
    byId("choices").querySelector<HTMLElement>(asks ? ".question button.quiet" : "button:last-child")?.focus();
  }

  private showTitle(model: Model, kind: Kind): void {
    const event = model.event?.name ?? common.brand;
    const position = model.place?.position;
    let title = `${HEADINGS[kind]} · ${event}`;
    if (kind === "turn") title = fill(t.tabTurn, { event });
    else if (kind === "gathering" && model.event) title = fill(t.tabGathering, { time: time(model.event.saleStartDate, model.event.timeZone), event });
    else if (isInLine(kind) && typeof position === "number") title = fill(t.tabTitle, { n: position, event });
    if (document.title !== title) document.title = title;
  }

  // For the live region: only while waiting; what is urgent is said elsewhere.
  spoken(model: Model): string | null {
    const kind = kindOf(model.place, model.trouble);
    const position = model.place?.position;
    if (!model.place || typeof position !== "number" || !["waiting", "near", "paused"].includes(kind)) return null;
    return fill(t.speak, { n: position, wait: this.wait(model.place) });
  }
}
