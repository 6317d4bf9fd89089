// Builds one HTML file a page and their scripts, or serves them with reload before a running server (./x web).
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
// @ts-expect-error: plain JavaScript, shared with build/pack.mjs
import { PAGES, fillIn, pageAt, source } from "./build/html.mjs";

const server = process.env.STAGEDOOR_URL ?? "http://127.0.0.1:8080";
const names = Object.keys(PAGES);
const nameOf = (id: string) => names.find((name) => id.endsWith(`/${name}.html`) || id === `${name}.html`);

// The pages' HTML files are not on the disk: they are made of one frame. In development, the texts are filled in as well.
function pageFiles(): Plugin {
  let root = "";
  return {
    name: "stagedoor-pages",
    enforce: "pre",
    configResolved: (config) => void (root = config.root),
    resolveId: (id) => (nameOf(id) ? `${root}/${nameOf(id)}.html` : null),
    load: (id) => (nameOf(id) ? source(nameOf(id)) : null),
    configureServer(dev) {
      dev.middlewares.use((request, response, next) => {
        const path = (request.url ?? "").split("?")[0];
        const name = pageAt(path);
        if (!name) return next();
        const html = fillIn(source(name), process.env.STAGEDOOR_LANGUAGE ?? "en");
        dev.transformIndexHtml(path!, html).then((made) => response.setHeader("Content-Type", "text/html; charset=utf-8").end(made), next);
      });
    },
  };
}

export default defineConfig({
  plugins: [pageFiles()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../build/web/dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: names.map((name) => `${name}.html`),
      output: {
        entryFileNames: "assets/[name].[hash].js",
        chunkFileNames: "assets/[name].[hash].js",
        assetFileNames: "assets/[name].[hash][extname]",
      },
    },
  },
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "assets/[name].[hash].js" } } },
  server: {
    proxy: Object.fromEntries(
      ["/events", "/queue", "/users", "/sessions", "/client", "/seats", "/payments", "/admin", "/.well-known"].map((path) => [path, server]),
    ),
  },
  test: { include: ["test/**/*.test.ts"], environment: "node", setupFiles: ["test/setup.ts"] },
});
