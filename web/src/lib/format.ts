// Money, times and spans of time in the page's language.
import { language } from "./i18n";

const locale = language === "ko" ? "ko-KR" : "en-GB";
const moneyFormat = new Intl.NumberFormat(locale, { style: "currency", currency: "KRW", currencyDisplay: "narrowSymbol" });

export function money(won: number): string {
  return moneyFormat.format(won);
}

const compactFormat = new Intl.NumberFormat(locale, { style: "currency", currency: "KRW", currencyDisplay: "narrowSymbol", notation: "compact", maximumFractionDigits: 1 });

// "₩612.4M", "₩6.1억": to be read from afar.
export function compactMoney(won: number): string {
  return compactFormat.format(won);
}

const formats = new Map<string, Intl.DateTimeFormat>();
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    try {
      found = new Intl.DateTimeFormat(locale, options);
    } catch {
      found = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }); // a zone that this browser does not know
    }
    formats.set(key, found);
  }
  return found;
}

const dayAndTime: Intl.DateTimeFormatOptions = {
  weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
};

export function dateTime(at: string | number, timeZone?: string): string {
  return format({ ...dayAndTime, ...(timeZone ? { timeZone } : {}) }).format(new Date(at));
}

export function time(at: string | number, timeZone?: string): string {
  return format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(timeZone ? { timeZone } : {}) }).format(new Date(at));
}

export function timeWithSeconds(at: number): string {
  return format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

// The name of a zone at that moment, "KST" or "GMT+9".
export function zoneName(at: string | number, timeZone: string): string {
  const parts = format({ timeZone, timeZoneName: "short" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? timeZone;
}

// The same moment where the viewer is, when the clocks there show something else; null otherwise.
export function viewersTime(at: string | number, timeZone: string): string | null {
  const here = dateTime(at);
  return here === dateTime(at, timeZone) ? null : here;
}

// "4:31", "1:02:07"; never negative. A second that has begun is counted.
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// "5 minutes", "1 minute 30 seconds", "2 days 3 hours": the two largest units.
export function span(seconds: number): string {
  const units: [string, number][] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count || (unit === "second" && !parts.length)) {
      parts.push(new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count));
    }
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}
