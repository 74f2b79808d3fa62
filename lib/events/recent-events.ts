import type { Event } from "../contracts/event.ts";
import { eventItem, type FeedItem } from "./feed-item.ts";

/** As much as is kept for readers that are a little behind; half of it goes when it is full. */
const MOST_EVENTS = 10_000;
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** What a reader is given at once, but at least one event. */
const PAGE_EVENTS = 500;
const PAGE_CHARACTERS = 256 * 1024;

/** The newest events of this process with their text, made once for all readers. They have no gap. */
export class RecentEvents {
  private items: FeedItem[] = [];
  private first = 0;
  private characters = 0;

  /** Adds the newest event. */
  add(event: Event): void {
    if (event.seq !== this.first + this.items.length) this.clear();
    if (this.items.length === 0) this.first = event.seq;
    const item = eventItem(event);
    this.items.push(item);
    this.characters += item.frame.length;
    if (this.items.length > MOST_EVENTS || this.characters > MOST_CHARACTERS) this.halve();
  }

  /** The next page after number `seq`, oldest first; null when the very next one is not here. */
  after(seq: number): FeedItem[] | null {
    const start = seq + 1 - this.first;
    if (start < 0 || start >= this.items.length) return null;
    const page: FeedItem[] = [];
    let characters = 0;
    for (const item of this.items.slice(start, start + PAGE_EVENTS)) {
      characters += item.frame.length;
      if (page.length > 0 && characters > PAGE_CHARACTERS) break;
      page.push(item);
    }
    return page;
  }

  private clear(): void {
    this.items = [];
    this.characters = 0;
  }

  private halve(): void {
    const gone = this.items.splice(0, Math.ceil(this.items.length / 2));
    this.first += gone.length;
    for (const { frame } of gone) this.characters -= frame.length;
  }
}
