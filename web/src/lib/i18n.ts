// The language of the page, and texts with values. The texts are in i18n/ko.json and i18n/en.json, by page.
import { read, write } from "./store";

export type Language = "ko" | "en";
type Text = string | string[]; // several: by plural, the last one for "other"

function preferred(): Language {
  const stored = read<string>("language");
  if (stored === "ko" || stored === "en") return stored;
  if (typeof document === "undefined") return "en";
  return document.documentElement.lang === "ko" ? "ko" : "en"; // the server chose it by Accept-Language
}

export const language: Language = preferred();

export function chooseLanguage(chosen: Language): void {
  write("language", chosen);
  location.reload();
}

export function table<T>(ko: T, en: T): T {
  return language === "ko" ? ko : en;
}

// "{n} people" with n: 2 -> "2 people". Numbers are written as the language does.
export function fill(text: Text, values: Record<string, string | number> = {}): string {
  const n = Number(values["n"]);
  const form = typeof text === "string" ? text : (n === 1 ? text[0] : text.at(-1)) ?? "";
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

export function number(value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

// Puts the page's static texts into the chosen language, where that is not what the server sent.
export function translatePage(texts: Record<string, unknown>): void {
  if (document.documentElement.lang === language) return;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll<HTMLElement>("[data-t]")) {
    const found = (element.dataset["t"] ?? "").split(".").reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], texts);
    if (typeof found === "string") element.textContent = found;
  }
}
