import type { FeedItem } from "./feed-item.ts";

/** What may wait for a reader that does not keep up. */
const MOST_ITEMS = 1000;
const MOST_BYTES = 256 * 1024;

/** One reader's share of the live events: what it has not taken yet, up to a bound. */
export class Subscriber {
  /** The number of the newest event that it was given. */
  cursor: number;
  private waiting: FeedItem[] = [];
  private bytes = 0;
  private ended = false;
  private wake: () => void = () => {};
  private readonly onOverflow: () => void;

  constructor(cursor: number, onOverflow: () => void) {
    this.cursor = cursor;
    this.onOverflow = onOverflow;
  }

  /** Gives it an item, unless it has it already. A reader beyond the bound is dropped: it can come back with what it saw last. */
  push(item: FeedItem): void {
    if (this.ended) return;
    if (item.kind === "event") {
      if (item.event.seq <= this.cursor) return;
      this.cursor = item.event.seq;
    }
    this.waiting.push(item);
    this.bytes += item.frame.length;
    if (this.waiting.length > MOST_ITEMS || this.bytes > MOST_BYTES) {
      this.end();
      this.onOverflow();
    }
    this.wake();
  }

  /** What has come since the last call, waiting for the first; null when it has ended. */
  async take(): Promise<FeedItem[] | null> {
    while (this.waiting.length === 0 && !this.ended)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    if (this.ended) return null;
    const items = this.waiting;
    this.waiting = [];
    this.bytes = 0;
    return items;
  }

  /** Ends it; what waits is dropped. */
  end(): void {
    this.ended = true;
    this.waiting = [];
    this.wake();
  }
}
