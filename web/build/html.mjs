// The HTML files of the pages: which there are, at which path each is served, and their texts in both languages.
// Elements with data-t="waiting.ahead" get that text; {{waiting.title}} is replaced anywhere.
import { readFileSync } from "node:fs";

// File without ".html" -> path at the server; {eventId} stands for a number.
export const PAGES = {
  events: "/",
  event: "/e/{eventId}",
  wait: "/wait/{eventId}",
  buy: "/buy/{eventId}",
  draw: "/draw/{eventId}",
  my: "/my",
  "signed-in": "/signed-in",
};
export const LANGUAGES = ["ko", "en"];

export function texts(language) {
  return JSON.parse(readFileSync(new URL(`../i18n/${language}.json`, import.meta.url), "utf8"));
}

const HEADER = readFileSync(new URL("header.html", import.meta.url), "utf8");

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

export function fillIn(html, language) {
  const all = texts(language);
  const text = (key) => {
    const found = key.split(".").reduce((node, name) => node?.[name], all);
    if (found === undefined) throw new Error(`no text ${key} in ${language}.json`);
    return escaped(Array.isArray(found) ? found.at(-1) : found);
  };
  return html
    .replace("<!--header-->", () => HEADER.trim())
    .replace(/(<[^>]*\sdata-t="([\w.]+)"[^>]*>)(?=<)/g, (_, open, key) => open + text(key))
    .replace(/\{\{language\}\}/g, language)
    .replace(/\{\{([\w.]+)\}\}/g, (_, key) => text(key));
}
