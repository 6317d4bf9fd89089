// The HTML of the pages: which there are, at which path each is served, and their texts in both languages. All pages have one frame
// (frame.html) around their main part (main/).
// Elements with data-t="waiting.ahead" get that text; {{waiting.title}} is replaced anywhere.
import { readFileSync } from "node:fs";

const FANS = { "/": "common.events", "/my": "common.my" };
const STAFF = { "/console": "staff.console", "/gate": "staff.gate", "/": "staff.fans" };

// By name. `path`: at the server; {eventId} stands for a number. `main`: main/NAME.html. `links`: of the header, the first one is home.
const page = (path, title, script, style, { main = "loading", links = FANS } = {}) => ({ path, title, script, style, main, links });
export const PAGES = {
  events: page("/", "events.title", "pages/events.tsx", "events"),
  event: page("/e/{eventId}", "event.title", "pages/event.tsx", "event"),
  wait: page("/wait/{eventId}", "waiting.title", "pages/wait.ts", "wait", { main: "wait" }),
  buy: page("/buy/{eventId}", "buy.title", "pages/buy.tsx", "buy"),
  draw: page("/draw/{eventId}", "draw.title", "pages/draw.ts", "base", { main: "draw" }),
  my: page("/my", "my.title", "pages/my.tsx", "my"),
  console: page("/console", "console.title", "console/console.tsx", "console", { links: STAFF }),
  gate: page("/gate", "gate.title", "gate/gate.tsx", "gate", { links: { "/gate": "staff.gate", "/console": "staff.console" } }),
  "signed-in": page("/signed-in", "signIn.title", "pages/signed_in.ts", "base", { main: "signed-in" }),
};
export const LANGUAGES = ["ko", "en"];

const part = (name) => readFileSync(new URL(name, import.meta.url), "utf8").trim();

// Those of the fans' pages and those of the staff's, which fans do not load.
export function texts(language) {
  return { ...JSON.parse(part(`../i18n/${language}.json`)), ...JSON.parse(part(`../i18n/staff.${language}.json`)) };
}

// The page as Vite reads it: without its texts, with the sources of its scripts and styles.
export function source(name) {
  const { title, script, style, main, links } = PAGES[name];
  const values = {
    title,
    script,
    style,
    main: part(`main/${main}.html`).replaceAll("%title%", title),
    home: Object.keys(links)[0],
    links: Object.entries(links).map(([path, text]) => `<a href="${path}" data-t="${text}"></a>`).join(" "),
  };
  return part("frame.html").replace(/%(\w+)%/g, (_, key) => values[key]);
}

// The page served at a path, or undefined.
export function pageAt(path) {
  return Object.keys(PAGES).find((name) => new RegExp(`^${PAGES[name].path.replace("{eventId}", "\\d+")}$`).test(path));
}

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
    .replace(/(<[^>]*\sdata-t="([\w.]+)"[^>]*>)(?=<)/g, (_, open, key) => open + text(key))
    .replace(/\{\{language\}\}/g, language)
    .replace(/\{\{([\w.]+)\}\}/g, (_, key) => text(key));
}
