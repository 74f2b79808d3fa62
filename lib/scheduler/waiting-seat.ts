import type { Guest, Looked, Occasion } from "./room.ts";

/** What an attempt came to; `busy` when another one is under way, after which the seat looks once more by itself. */
export type Attempt = "found" | "held" | "nothing" | "busy";

type Make<Found> = () => Promise<Looked<Found>>;

/** One guest of the waiting room. It makes one attempt at a time, and nothing that an attempt finds is lost when the wait ends meanwhile. */
export class WaitingSeat<Found = unknown> {
  readonly guest: Guest<Found>;
  readonly sinceMs = performance.now();
  /** What the guest found, or undefined. */
  readonly ended: Promise<Found | undefined>;
  /** It was offered what it may not take: for the rest of this wait nothing is offered to it. */
  quiet = false;
  private readonly end: (found: Found | undefined) => void;
  private readonly fail: (error: unknown) => void;
  private state: "waiting" | "trying" | "leaving" | "over" = "waiting";
  /** What came while an attempt was under way: an offer, which nothing may push aside, and the last of the looks. */
  private readonly next: { offer?: Make<Found>; look?: Make<Found> } = {};

  constructor(guest: Guest<Found>) {
    this.guest = guest;
    const { promise, resolve, reject } = Promise.withResolvers<Found | undefined>();
    this.ended = promise;
    this.ended.catch(() => {}); // whoever waits hears of it, perhaps later
    this.end = resolve;
    this.fail = reject;
  }

  look(occasion: Occasion): Promise<Attempt> {
    return this.attempt("look", () => this.guest.look(occasion));
  }

  /** Takes what was offered to the slot. */
  take(make: Make<Found>): Promise<Attempt> {
    return this.attempt("offer", make);
  }

  /** One attempt, or a note that there is one to be made. */
  private async attempt(kind: keyof typeof this.next, make: Make<Found>): Promise<Attempt> {
    if (this.state !== "waiting") {
      if (this.state === "trying") this.next[kind] = make;
      return "busy";
    }
    this.state = "trying";
    try {
      return this.settle(await make());
    } catch (error) {
      this.state = "over";
      this.fail(error);
      return "found";
    }
  }

  /** The wait is over, once an attempt that is under way has ended. */
  leave(): void {
    if (this.state === "trying") this.state = "leaving";
    else if (this.state === "waiting") this.finish(undefined);
  }

  private settle(looked: Looked<Found>): Attempt {
    if (typeof looked === "object") {
      this.finish(looked.found);
      return "found";
    }
    if (this.state === "leaving") this.finish(undefined);
    else this.state = "waiting";
    const kind = this.next.offer ? "offer" : "look";
    const make = this.next[kind];
    delete this.next[kind];
    if (make) void this.attempt(kind, make);
    return looked;
  }

  private finish(found: Found | undefined): void {
    this.state = "over";
    this.end(found);
  }
}

/** So many guests look at once, at most. */
const WIDEST = 16;

/**
 * One looks, then two at once, then four: until two workers of the kind find nothing. One is not enough, because a job may avoid the worker
 * that failed it, and it avoids no other.
 */
export async function lookWhileFound(seats: readonly WaitingSeat[], occasion: Occasion): Promise<void> {
  const empty = new Set<number>();
  for (let from = 0, width = 1; from < seats.length && empty.size < 2; ) {
    const batch = seats.slice(from, from + width);
    const attempts = await Promise.all(batch.map((seat) => seat.look(occasion)));
    for (const [index, seat] of batch.entries()) if (attempts[index] === "nothing") empty.add(seat.guest.workerId);
    from += width;
    width = Math.min(2 * width, WIDEST);
  }
}
