import type { LevelName } from "./levels.ts";

/** A seed with which a campaign has found something: it is played again by `npm run campaign -- --kept`, for ever. */
export interface KeptSeed {
  level: LevelName;
  seed: string;
  /** What was found, and what it came from. */
  found: string;
}

/** The newest last. Scheduling is not repeated by a seed, only what was chosen, so a seed may need several plays to show its find again. */
export const KEPT_SEEDS: readonly KeptSeed[] = [
  {
    level: "short",
    seed: "2",
    found: "Claims stood still as soon as a timer led: the lock of the controls had the number of the leader's.",
  },
];
