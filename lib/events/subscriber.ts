import type { OutputHint } from "../contracts/event.ts";
import { type FeedItem, outputItem } from "./feed-item.ts";

/** One reader of the feed: how far it is, and which logs grew meanwhile. Events do not wait here, so it costs little, however slow it is. */
export class Subscriber {
  /** The number of the newest event that it was given. */
  cursor: number;
  /** When it was given what it has not yet come back from; null while it waits for more. */
  givenAt: number | null = null;
  private readonly hints = new Map<number, FeedItem>();
  private hasEnded = false;
  private wakeUp: () => void = () => {};

  constructor(cursor: number) {
    this.cursor = cursor;
  }

  /** Whether it gets nothing more. */
  get ended(): boolean {
    return this.hasEnded;
  }

  /** Keeps the newest hint of each run until it is taken. */
  hint(hint: OutputHint): void {
    if (this.hasEnded) return;
    this.hints.set(hint.runId, outputItem(hint));
    this.wakeUp();
  }

  /** The hints since the last call. */
  takeHints(): FeedItem[] {
    const items = [...this.hints.values()];
    this.hints.clear();
    return items;
  }

  /** Waits for the next wake-up, hint or end. Look for what there is without awaiting anything in between, so that none is missed. */
  async news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
    });
  }

  /** Says that there are new events. */
  wake(): void {
    this.wakeUp();
  }

  /** Ends it. */
  end(): void {
    this.hasEnded = true;
    this.hints.clear();
    this.wakeUp();
  }
}
