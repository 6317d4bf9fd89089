// Times as they stand in a form, "2036-02-01T19:00", in an event's time zone. Pure.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const options = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" } as const;
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat("en-US", { ...options, timeZone: zone });
  } catch {
    made = new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }); // a zone that this browser does not know
  }
  formats.set(zone, made);
  return made;
}

// What the clocks of the zone show, as if they showed UTC. ms
function wallClock(at: number, zone: string): number {
  const parts = new Map(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const [year, month, day, hour, minute, second] = (["year", "month", "day", "hour", "minute", "second"] as const).map((name) => parts.get(name) ?? 0);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

export function toLocal(instant: string, zone: string): string {
  return new Date(wallClock(Date.parse(instant), zone)).toISOString().slice(0, 16);
}

export function toInstant(local: string, zone: string): string {
  const wanted = Date.parse(`${local}Z`);
  const first = 2 * wanted - wallClock(wanted, zone);
  return new Date(wanted - (wallClock(first, zone) - first)).toISOString(); // again: the clocks may have been changed in between
}
