// Builds one HTML file a page and their scripts, or serves them with reload before a running server (./x web).
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
// @ts-expect-error: plain JavaScript, shared with build/pack.mjs
import { PAGES, fillIn } from "./build/html.mjs";

const server = process.env.STAGEDOOR_URL ?? "http://127.0.0.1:8080";
const pages = PAGES as Record<string, string>;

// In development: the page's path leads to its file, and its texts are filled in.
function pagePaths(): Plugin {
  return {
    name: "stagedoor-page-paths",
    apply: "serve",
    configureServer(dev) {
      dev.middlewares.use((request, _, next) => {
        const path = (request.url ?? "").split("?")[0];
        for (const [file, pattern] of Object.entries(pages)) {
          if (new RegExp(`^${pattern.replace("{eventId}", "\\d+")}$`).test(path)) request.url = `/${file}.html`;
        }
        next();
      });
    },
    transformIndexHtml: (html) => fillIn(html, process.env.STAGEDOOR_LANGUAGE ?? "en"),
  };
}

export default defineConfig({
  plugins: [pagePaths()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../build/web/dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: Object.keys(pages).map((page) => `${page}.html`),
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
      ["/events", "/queue", "/users", "/sessions", "/client", "/seats", "/payments"].map((path) => [path, server]),
    ),
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
