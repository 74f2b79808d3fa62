import type { Signals } from "../scheduler/context.ts";
import type { EventLog } from "./event-log.ts";
import { eventItem, type FeedItem, resyncItem, startItem } from "./feed-item.ts";
import type { OutputHints } from "./output-hints.ts";
import { RecentEvents } from "./recent-events.ts";
import { Subscriber } from "./subscriber.ts";

const PAGE = 500;

/** A lost wake-up, or a Redis that is away, costs at most this. */
const LOOK_EVERY_MS = 1000;

/** A page has some hundred kilobytes at most: even a bad line takes that in less. */
const PATIENCE_MS = 30_000;

/** What a feed reads from. `report` hears of a disturbance each time it is met. */
export interface EventFeedOptions {
  log: EventLog;
  signals: Signals;
  outputs: OutputHints;
  report?: (error: unknown) => void;
  /** A reader that does not come back for so long from what it was given is dropped; 30 seconds by default. */
  patienceMs?: number;
}

/** How to follow the events. */
export interface SubscribeOptions {
  /** The number of the last event that the reader has seen; null to begin with what comes next. */
  after: number | null;
  /** Ends the subscription. */
  abort: AbortSignal;
  /** The reader has stopped reading, so it was dropped; it may come back with the last number it saw. Close its connection. */
  onDropped?: () => void;
}

/** The events as they happen. One reader per process asks for them, however many subscribers there are. */
export class EventFeed {
  private readonly options: EventFeedOptions;
  private readonly subscribers = new Map<Subscriber, () => void>();
  private readonly recent = new RecentEvents();
  private readonly closing = new AbortController();
  private head = -1;
  private starting: Promise<void> | undefined;

  constructor(options: EventFeedOptions) {
    this.options = options;
  }

  /** How many follow it just now. */
  get size(): number {
    return this.subscribers.size;
  }

  /**
   * Follows the events from `after` on, without gap or repeat; output hints come in between. Everything is read at the reader's own
   * pace, however much happens at once; only one that stops reading is dropped. Ends when aborted, closed or dropped. Throws when
   * neither store answers at the beginning.
   */
  async *subscribe({ after, abort, onDropped = () => {} }: SubscribeOptions): AsyncGenerator<FeedItem[]> {
    await this.start();
    const known = after === null || (await this.options.log.reaches(after));
    const reader = new Subscriber(after === null || !known ? this.head : after);
    const end = () => reader.end();
    abort.addEventListener("abort", end);
    this.subscribers.set(reader, onDropped);
    if (abort.aborted || this.closing.signal.aborted) end();
    try {
      let items: FeedItem[] | null = [known ? startItem(reader.cursor) : resyncItem(reader.cursor)];
      while (items !== null) {
        reader.givenAt = performance.now();
        yield items;
        reader.givenAt = null;
        items = await this.next(reader);
      }
    } finally {
      this.subscribers.delete(reader);
      abort.removeEventListener("abort", end);
    }
  }

  /** Ends all subscriptions. */
  close(): void {
    this.closing.abort();
    for (const reader of this.subscribers.keys()) reader.end();
  }

  private start(): Promise<void> {
    this.starting ??= this.options.log.last().then((last) => {
      this.head = last;
      this.options.outputs.subscribe((hint) => {
        for (const reader of this.subscribers.keys()) reader.hint(hint);
      });
      this.follow();
    });
    this.starting.catch(() => {
      this.starting = undefined; // the next subscriber tries again
    });
    return this.starting;
  }

  private async follow(): Promise<void> {
    const { log, signals, report } = this.options;
    const abort = this.closing.signal;
    while (!abort.aborted) {
      const woken = signals.next(["events"], LOOK_EVERY_MS, abort); // before the look, so that nothing falls between
      try {
        while (await this.readOn(log)) if (abort.aborted) return;
      } catch (error) {
        report?.(error);
      }
      this.dropStopped();
      await woken;
    }
  }

  /** True when there may be more at once. */
  private async readOn(log: EventLog): Promise<boolean> {
    const events = await log.after(this.head, PAGE);
    for (const event of events) {
      this.head = event.seq;
      this.recent.add(event);
    }
    if (events.length > 0) for (const reader of this.subscribers.keys()) reader.wake();
    return events.length === PAGE;
  }

  /** What the reader has not seen, waiting for the first of it; null when it has ended. */
  private async next(reader: Subscriber): Promise<FeedItem[] | null> {
    while (!reader.ended) {
      const hints = reader.takeHints();
      if (reader.cursor < this.head) return [...(await this.nextEvents(reader)), ...hints];
      if (hints.length > 0) return hints;
      await reader.news();
    }
    return null;
  }

  /** The reader's next page, which there is. */
  private async nextEvents(reader: Subscriber): Promise<FeedItem[]> {
    const page = this.recent.after(reader.cursor);
    if (page) {
      reader.cursor += page.length; // they have no gap
      return page;
    }
    const events = await this.options.log.after(reader.cursor, PAGE);
    const whole = events[0]?.seq === reader.cursor + 1; // rows can be cleared away while somebody reads them
    reader.cursor = whole ? (events.at(-1)?.seq ?? reader.cursor) : this.head;
    return whole ? events.map(eventItem) : [resyncItem(reader.cursor)];
  }

  private dropStopped(): void {
    const { patienceMs = PATIENCE_MS } = this.options;
    const late = performance.now() - patienceMs;
    for (const [reader, onDropped] of this.subscribers) {
      if (reader.ended || reader.givenAt === null || reader.givenAt > late) continue;
      reader.end();
      onDropped();
    }
  }
}
