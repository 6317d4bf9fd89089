// Writes build/web/pages.bin, which the server embeds: "PATH LANGUAGE BYTES\n" of every file, an empty line, then the files,
// each compressed with gzip, in that order. HTML files are there once a language; the language of other files is "-".
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { LANGUAGES, PAGES, fillIn } from "./html.mjs";

const built = new URL("../../build/web/dist/", import.meta.url);
const packed = new URL("../../build/web/pages.bin", import.meta.url);

function files() {
  const found = [];
  for (const [page, { path }] of Object.entries(PAGES)) {
    const html = readFileSync(new URL(`${page}.html`, built), "utf8");
    for (const language of LANGUAGES) found.push([`${path} ${language}`, Buffer.from(fillIn(html, language))]);
  }
  for (const name of readdirSync(new URL("assets/", built)).sort()) {
    found.push([`/assets/${name} -`, readFileSync(new URL(`assets/${name}`, built))]);
  }
  return found.map(([name, bytes]) => [name, gzipSync(bytes, { level: 9 })]);
}

const all = files();
const head = all.map(([name, bytes]) => `${name} ${bytes.length}\n`).join("");
mkdirSync(new URL(".", packed), { recursive: true });
writeFileSync(packed, Buffer.concat([Buffer.from(`${head}\n`), ...all.map(([, bytes]) => bytes)]));
console.log(head);
