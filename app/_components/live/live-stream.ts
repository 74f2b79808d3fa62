import { Event, OutputHint } from "@/lib/contracts/event.ts";

const REOPEN_MS = 5_000;
const WATCH_MS = 1_000;
/** The server says `ping` at least every 15 s; silence for longer than this means that the connection is dead. */
const SILENCE_MS = 40_000;

/** How fresh the page is. `since` (ms since epoch) is when the server was last heard. */
export type LiveState = { kind: "connecting" } | { kind: "live" } | { kind: "stale"; since: number };

interface Listener {
  onEvent(event: Event): void;
  onOutput(hint: OutputHint): void;
  /** The stream is open (again). No event was missed, but hints may have been: they are never repeated. */
  onStart(): void;
  /** Events may have been missed: everything is to be read again. */
  onGap(): void;
  onState(state: LiveState): void;
}

/** The tab's one connection to the event stream. The browser reconnects and resumes by itself; this says how it stands. */
export class LiveStream {
  private readonly listener: Listener;
  private source: EventSource | undefined;
  private state: LiveState = { kind: "connecting" };
  private heardAt = Date.now();
  private pings = false;
  /** The number of the last event that was heard of. */
  private last: string;
  private watch: ReturnType<typeof setInterval> | undefined;
  private reopen: ReturnType<typeof setTimeout> | undefined;

  /** `after` is the number of an event from before the page was rendered. */
  constructor(after: number, listener: Listener) {
    this.last = String(after);
    this.listener = listener;
  }

  open(): void {
    this.close();
    this.heardAt = Date.now();
    const source = new EventSource(`/api/v1/events?lastEventId=${this.last}`);
    this.source = source;
    source.addEventListener("open", () => this.heard());
    source.addEventListener("start", (message) => this.started(message));
    source.addEventListener("resync", (message) => this.missed(message));
    source.addEventListener("error", () => this.broken());
    source.addEventListener("message", (message) => this.take(message));
    source.addEventListener("output", (message) => this.takeOutput(message));
    source.addEventListener("ping", () => {
      this.pings = true;
      this.heard();
    });
    this.watch = setInterval(() => this.checkSilence(), WATCH_MS);
  }

  close(): void {
    this.source?.close();
    this.source = undefined;
    clearInterval(this.watch);
    clearTimeout(this.reopen);
  }

  private started(message: MessageEvent<string>): void {
    this.at(message);
    this.listener.onStart();
  }

  private at(message: MessageEvent<string>): void {
    this.heard();
    if (message.lastEventId !== "") this.last = message.lastEventId;
  }

  private missed(message: MessageEvent<string>): void {
    this.at(message);
    this.listener.onGap();
  }

  private broken(): void {
    this.become({ kind: "stale", since: this.heardAt });
    // A refused connection is final for the browser; a dropped one it renews on its own.
    if (this.source?.readyState === EventSource.CLOSED) this.openLater();
  }

  private checkSilence(): void {
    if (!this.pings || this.state.kind === "stale" || Date.now() - this.heardAt < SILENCE_MS) return;
    this.become({ kind: "stale", since: this.heardAt });
    this.openLater();
  }

  private openLater(): void {
    clearTimeout(this.reopen);
    this.reopen = setTimeout(() => this.open(), REOPEN_MS);
  }

  private take(message: MessageEvent<string>): void {
    this.at(message);
    const event = Event.safeParse(fromJson(message.data));
    if (event.success) this.listener.onEvent(event.data);
  }

  private takeOutput(message: MessageEvent<string>): void {
    this.heard();
    const hint = OutputHint.safeParse(fromJson(message.data));
    if (hint.success) this.listener.onOutput(hint.data);
  }

  private heard(): void {
    this.heardAt = Date.now();
    this.become({ kind: "live" });
  }

  private become(state: LiveState): void {
    if (state.kind === this.state.kind && state.kind !== "stale") return;
    if (state.kind === "stale" && this.state.kind === "stale") return;
    this.state = state;
    this.listener.onState(state);
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not one of ours: skipped like any event of an unknown shape
  }
}
