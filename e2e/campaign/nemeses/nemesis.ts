import type { Random } from "../random.ts";
import type { World } from "../world.ts";

/** What a fault can touch; checkers ask whether a fault could be the reason for what they see. */
export type Part = "web" | "timer" | "worker" | "redis" | "postgres" | "clock" | "driver" | "reader";

/** A fault under way. */
export interface Strike {
  /** Process, link or store. */
  target: string;
  parts: readonly Part[];
  detail?: string;
  /** Ends it; what ends by itself has none. */
  end?: () => Promise<void> | void;
}

/** One kind of fault. */
export interface Nemesis {
  kind: string;
  /** How long it lasts in seconds, at least and at most. */
  seconds: readonly [number, number];
  /** What it must have for itself while it lasts, so that two faults of the same thing do not undo each other. */
  needs: readonly string[];
  strike: (world: World, random: Random) => Promise<Strike> | Strike;
}

/** A line of the journal of faults; `until` is Infinity (null in JSON) while it lasts. */
export interface FaultLine {
  id: number;
  kind: string;
  target: string;
  parts: readonly Part[];
  from: number;
  until: number | null;
  detail?: string;
}
