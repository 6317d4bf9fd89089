// What the browser keeps for this origin. A browser that keeps nothing (private windows, full disks) still works until the page
// is left.
const PREFIX = "stagedoor.";
const memory = new Map<string, string>();

// "tab": until the tab is closed; not seen by the next user of this computer.
export type Where = "browser" | "tab";
const storage = (where: Where) => (where === "tab" ? sessionStorage : localStorage);

export function read<T>(name: string, where: Where = "browser"): T | null {
  let text: string | null | undefined = memory.get(name);
  try {
    text ??= storage(where).getItem(PREFIX + name);
  } catch {
    // not allowed here
  }
  if (text === undefined || text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

export function write(name: string, value: unknown, where: Where = "browser"): void {
  const text = JSON.stringify(value);
  try {
    storage(where).setItem(PREFIX + name, text);
    memory.delete(name);
  } catch {
    memory.set(name, text);
  }
}

export function forget(name: string, where: Where = "browser"): void {
  memory.delete(name);
  try {
    storage(where).removeItem(PREFIX + name);
  } catch {
    // not allowed here
  }
}

// What belongs to the person, not to the browser: places in lines, the session, keys of changes, whose tokens they were.
const OF_PERSON = /^(place\.|key\.|session$|subject$)/;
export function forgetPerson(): void {
  let stored: string[] = [];
  try {
    stored = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  } catch {
    // not allowed here
  }
  for (const name of [...stored, ...memory.keys()]) if (OF_PERSON.test(name)) forget(name);
}

// What this browser knows of the fan's place in an event's line.
export interface StoredPlace {
  token: string;
  first: number | null; // the position first seen, for the bar
  ended?: string; // the reason for which this visit has ended; joining again is the fan's choice
}

export const places = {
  read: (eventId: number) => read<StoredPlace>(`place.${eventId}`),
  write: (eventId: number, place: StoredPlace) => write(`place.${eventId}`, place),
  forget: (eventId: number) => forget(`place.${eventId}`),
};
