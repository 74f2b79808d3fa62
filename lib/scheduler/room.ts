import type { FreeSlots } from "./placement/open-classes.ts";
import type { Offer, Waiter } from "./queue/waiting-workers.ts";

/** What a look for work came to: something; `held`, what there was may not start on this worker; or nothing. */
export type Looked<Found> = { found: Found } | "held" | "nothing";

/**
 * Why somebody who waits looks for work. `entered`: it waits from now on, and looks whether anything has come since it asked. `woken`: there
 * may be something. `timed`: nothing was heard of. `probed`: somebody sent a job to this very worker.
 */
export type Occasion = "entered" | "woken" | "timed" | "probed";

/** A claim that waits for work in its worker's slot. */
export interface Guest<Found> extends Waiter {
  /** Guests of one kind may take the same work: when one of them finds nothing, the others need not look. */
  kind: string;
  look(occasion: Occasion): Promise<Looked<Found>>;
  /** Takes the job that was offered to the slot. */
  take(offer: Offer): Promise<Looked<Found>>;
}

/** How long a guest waits; `abort` fires when nobody listens for the answer any more. */
export interface Stay {
  waitSeconds: number;
  abort: AbortSignal | undefined;
}

/** Where the claims of one process wait, all together. */
export interface Room {
  /** What the guest found, or undefined when the wait is over. What goes wrong in a look of the guest ends its wait. */
  wait<Found>(guest: Guest<Found>, stay: Stay): Promise<Found | undefined>;
  /** How many slots wait here for work of the pool, and how many of them are at least so fast. */
  free(poolId: number, fastSpeed: number | null): FreeSlots;
}
