// Server-sent events read with fetch, so that the token stands in a header and never in an address (R-A11).
export interface ServerEvent {
  name: string;
  data: string;
  id: string | null;
}

// Takes the text of a stream piece by piece; returns the events that are complete. See "Interpreting an event stream" in the
// HTML standard. `retry` is the last delay that the server asked for.
export class EventParser {
  retry: number | null = null;
  private rest = "";
  private name = "";
  private data: string[] = [];
  private id: string | null = null;

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.data.length) events.push({ name: this.name || "message", data: this.data.join("\n"), id: this.id });
        this.name = "";
        this.data = [];
      } else if (!line.startsWith(":")) {
        this.field(line);
      }
    }
    return events;
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }
}

const SILENCE_MS = 30_000; // the server sends a comment every 10 s

export interface StreamHandlers {
  open(): void;
  event(event: ServerEvent): void;
  beat?(): void; // anything was received
  // The stream has ended, or could not be opened: the status of the refusal, or 0. Called once.
  end(status: number, retryMs: number | null): void;
}

// Returns a function that ends the stream without calling anything.
export function openStream(url: string, headers: Record<string, string>, handlers: StreamHandlers): () => void {
  const abort = new AbortController();
  const parser = new EventParser();
  let silence = 0;
  let isOver = false;
  const end = (status: number) => {
    window.clearTimeout(silence);
    if (isOver) return;
    isOver = true;
    abort.abort();
    handlers.end(status, parser.retry);
  };
  const heard = () => {
    window.clearTimeout(silence);
    silence = window.setTimeout(() => end(0), SILENCE_MS);
  };
  const run = async () => {
    heard();
    const answer = await fetch(url, { headers: { Accept: "text/event-stream", ...headers }, signal: abort.signal, cache: "no-store" });
    if (answer.status !== 200 || !answer.body) return end(answer.status);
    handlers.open();
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    for (let part = await reader.read(); !part.done && !isOver; part = await reader.read()) {
      heard();
      handlers.beat?.();
      for (const event of parser.push(decoder.decode(part.value, { stream: true }))) {
        if (!isOver) handlers.event(event);
      }
    }
    end(0);
  };
  run().catch(() => end(0));
  return () => {
    isOver = true;
    window.clearTimeout(silence);
    abort.abort();
  };
}
