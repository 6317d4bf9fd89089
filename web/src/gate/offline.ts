// Keeps the page and its files in this browser, so that it opens without network. Browsers allow that by TLS and on this machine only.
import workerUrl from "./offline_worker?worker&url";
import { CACHE } from "./offline_cache";

export async function keepPage(more: readonly string[]): Promise<boolean> {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return false;
  await navigator.serviceWorker.register(workerUrl, { scope: "/gate" });
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const assets = loaded.filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/assets/")).map(({ href }) => href);
  const wanted = new Set([new URL("/gate", location.origin).href, ...assets, ...more.map((path) => new URL(path, location.origin).href)]);
  const cache = await caches.open(CACHE);
  await cache.addAll([...wanted]);
  for (const { url } of await cache.keys()) if (!wanted.has(url)) await cache.delete(url);
  return true;
}
