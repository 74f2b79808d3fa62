import type { EpisodeSize } from "./episode.ts";

/** How much a level plays: so many episodes, each in a world of its own. */
export interface Level {
  episodes: number;
  size: EpisodeSize;
}

const COMMON = { clients: 4, pauseMs: 120, agents: 1 };

/** `short` is part of npm test, `medium` takes about six minutes, `long` one to two hours. */
export const LEVELS = {
  short: {
    episodes: 1,
    size: {
      ...COMMON,
      jobs: 350,
      faults: 30,
      faultEveryMs: 1_500,
      workers: 8,
      slots: 3,
      depth: 60,
      maxSeconds: 50,
      drainSeconds: 120,
    },
  },
  medium: {
    episodes: 1,
    size: {
      ...COMMON,
      agents: 2,
      jobs: 2_000,
      faults: 100,
      faultEveryMs: 2_500,
      workers: 8,
      slots: 4,
      depth: 120,
      maxSeconds: 420,
      drainSeconds: 120,
    },
  },
  long: {
    episodes: 15,
    size: {
      ...COMMON,
      agents: 2,
      jobs: 2_000,
      faults: 105,
      faultEveryMs: 2_500,
      workers: 8,
      slots: 4,
      depth: 120,
      maxSeconds: 600,
      drainSeconds: 180,
    },
  },
} as const satisfies Record<string, Level>;

export type LevelName = keyof typeof LEVELS;
