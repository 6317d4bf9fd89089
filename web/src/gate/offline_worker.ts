// The service worker of /gate: the page and its files from the server, or, while that cannot be reached, as they were kept. The page
// keeps them (offline.ts).
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

async function answer(request: Request): Promise<Response> {
  const kept = async () => (await caches.open(CACHE)).match(request, { ignoreVary: true, ignoreSearch: true });
  try {
    const fresh = await fetch(request);
    return fresh.status >= 500 ? (await kept()) ?? fresh : fresh;
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
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
