import type { Signals } from "../scheduler/context.ts";
import type { EventLog } from "./event-log.ts";
import { eventItem, type FeedItem, outputItem, resyncItem, startItem } from "./feed-item.ts";
import type { OutputHints } from "./output-hints.ts";
import { Subscriber } from "./subscriber.ts";

const PAGE = 500;

/** A lost wake-up, or a Redis that is away, costs at most this. */
const LOOK_EVERY_MS = 1000;

/** What a feed reads from. `report` hears of a disturbance each time it is met. */
export interface EventFeedOptions {
  log: EventLog;
  signals: Signals;
  outputs: OutputHints;
  report?: (error: unknown) => void;
}

/** How to follow the events. */
export interface SubscribeOptions {
  /** The number of the last event that the reader has seen; null to begin with what comes next. */
  after: number | null;
  /** Ends the subscription. */
  abort: AbortSignal;
  /** The reader was so slow that it was dropped; it may come back with the last number it saw. Close its connection. */
  onOverflow?: () => void;
}

/** The events as they happen. One reader per process asks for them, however many subscribers there are. */
export class EventFeed {
  private readonly options: EventFeedOptions;
  private readonly subscribers = new Set<Subscriber>();
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
   * Follows the events from `after` on, without gap or repeat; output hints come in between. What is older than now is read at the
   * reader's own pace. Ends when aborted, closed or overflowed. Throws when neither store answers at the beginning.
   */
  async *subscribe({ after, abort, onOverflow }: SubscribeOptions): AsyncGenerator<FeedItem[]> {
    await this.start();
    const { log } = this.options;
    const known = after === null || (await log.reaches(after));
    let cursor = after === null || !known ? this.head : after;
    yield [known ? startItem(cursor) : resyncItem(cursor)];

    while (cursor < this.head && !abort.aborted) {
      const events = await log.after(cursor, PAGE);
      const whole = events[0]?.seq === cursor + 1; // rows can be cleared away while somebody reads them
      cursor = whole ? (events.at(-1)?.seq ?? cursor) : this.head;
      yield whole ? events.map(eventItem) : [resyncItem(cursor)];
    }
    // nothing is awaited between the look at the head and this, so nothing is missed
    const subscriber = new Subscriber(cursor, onOverflow ?? (() => {}));
    const end = () => subscriber.end();
    abort.addEventListener("abort", end);
    this.subscribers.add(subscriber);
    if (abort.aborted || this.closing.signal.aborted) end();
    try {
      for (let items = await subscriber.take(); items !== null; items = await subscriber.take()) yield items;
    } finally {
      this.subscribers.delete(subscriber);
      abort.removeEventListener("abort", end);
    }
  }

  /** Ends all subscriptions. */
  close(): void {
    this.closing.abort();
    for (const subscriber of this.subscribers) subscriber.end();
  }

  private start(): Promise<void> {
    this.starting ??= this.options.log.last().then((last) => {
      this.head = last;
      this.options.outputs.subscribe((hint) => this.tell(outputItem(hint)));
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
      await woken;
    }
  }

  /** True when there may be more at once. */
  private async readOn(log: EventLog): Promise<boolean> {
    const events = await log.after(this.head, PAGE);
    for (const event of events) {
      this.head = event.seq;
      this.tell(eventItem(event));
    }
    return events.length === PAGE;
  }

  private tell(item: FeedItem): void {
    for (const subscriber of this.subscribers) subscriber.push(item);
  }
}
