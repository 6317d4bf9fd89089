// What every page has: the header's language button, the bar that says that there is no connection, texts of refusals.
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { Refused } from "../api/client";
import { clock } from "./clock";
import { time } from "./format";
import { chooseLanguage, fill, language, table } from "./i18n";

export const common = table(ko.common, en.common);
const refusals: Record<string, string> = table(ko.refusals, en.refusals);

export function startPage(): void {
  const button = document.getElementById("language");
  if (button) {
    button.textContent = common.language;
    button.lang = language === "ko" ? "en" : "ko";
    button.addEventListener("click", () => chooseLanguage(language === "ko" ? "en" : "ko"));
  }
  window.addEventListener("offline", () => setOffline(true));
  window.addEventListener("online", () => setOffline(false));
  if (!navigator.onLine) setOffline(true);
}

let offlineSince: number | null = null;
const listeners = new Set<(offline: boolean) => void>();

// Shows since when there is no connection; pages call it when a call could not be sent, and when one was answered again.
export function setOffline(offline: boolean): void {
  if (offline === (offlineSince !== null)) return;
  offlineSince = offline ? clock.now() : null;
  const bar = document.getElementById("offline");
  if (bar) {
    bar.hidden = !offline;
    bar.textContent = offline ? fill(common.offline, { time: time(clock.now()) }) : "";
  }
  listeners.forEach((listener) => listener(offline));
}

export function onConnection(listener: (offline: boolean) => void): void {
  listeners.add(listener);
}

export function refusalText(error: unknown): string {
  if (!(error instanceof Refused)) return fill(refusals["other"] ?? "", { message: String(error) });
  if (error.code === "NO_SEATS_TOGETHER") {
    const largest = Number(error.extra["largest"] ?? 0);
    return largest ? fill(refusals["NO_SEATS_TOGETHER"] ?? "", { largest }) : refusals["NO_SEATS_AT_ALL"] ?? "";
  }
  return refusals[error.code] ?? fill(refusals["other"] ?? "", { message: error.message });
}

// The event that the page's address names: /wait/2.
export function eventOfPath(): number {
  return Number(location.pathname.split("/")[2]);
}
