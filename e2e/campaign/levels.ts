import type { EpisodeSize } from "./episode.ts";

/** How much a level plays: so many episodes, each in a world of its own, then those that sweep the failpoints. */
export interface Level {
  episodes: number;
  size: EpisodeSize;
  sweeps?: { episodes: number; repeats: number; size: EpisodeSize };
}

const COMMON = { clients: 4, pauseMs: 120, workers: 8, slots: 4, agents: 2, depth: 120, drainSeconds: 180 };

const MEDIUM: EpisodeSize = { ...COMMON, jobs: 2_000, faults: 100, faultEveryMs: 2_500, maxSeconds: 600 };

/** `short` is part of npm test, `medium` takes about six minutes, `long` about two hours. */
export const LEVELS = {
  short: {
    episodes: 1,
    size: {
      ...COMMON,
      agents: 1,
      slots: 3,
      jobs: 300,
      faults: 32,
      faultEveryMs: 1_300,
      depth: 60,
      maxSeconds: 60,
    },
  },
  medium: { episodes: 1, size: MEDIUM },
  long: {
    episodes: 15,
    size: { ...MEDIUM, faults: 105, maxSeconds: 900 },
    sweeps: {
      episodes: 5,
      repeats: 20,
      size: { ...MEDIUM, jobs: 20_000, faults: 0, maxSeconds: 3_600 },
    },
  },
} as const satisfies Record<string, Level>;

export type LevelName = keyof typeof LEVELS;
