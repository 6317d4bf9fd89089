// The service worker of /gate: the page from the server, or, while that does not answer in time, as it was kept; its files as they
// were kept, for their names change with their contents. The page keeps them (offline.ts).
import { CACHE } from "./offline_cache";

interface Fetching extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Starting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
const worker = self as unknown as {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(name: string, then: (event: Event) => void): void;
};

const FRESH_MS = 2_500; // as long as a check may take: a network that swallows packets says nothing

async function answer(request: Request): Promise<Response> {
  const kept = await caches.open(CACHE).then((cache) => cache.match(request, { ignoreVary: true, ignoreSearch: true })).catch(() => undefined);
  if (!kept) return fetch(request);
  if (new URL(request.url).pathname.startsWith("/assets/")) return kept;
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(FRESH_MS) });
    return fresh.status >= 500 ? kept : new Response(await fresh.blob(), fresh); // the whole of it, in time
  } catch {
    return kept;
  }
}

worker.addEventListener("install", (event) => (event as Starting).waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => (event as Starting).waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event as Fetching;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname === "/gate" || pathname.startsWith("/assets/")) (event as Fetching).respondWith(answer(request));
});
