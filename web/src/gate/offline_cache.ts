// The name of the cache that the page fills and its service worker reads.
export const CACHE = "stagedoor-gate";
