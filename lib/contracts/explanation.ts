import { z } from "zod";
import { Id, Name, Timestamp } from "./id.ts";

/** What keeps a waiting job from starting, apart from the jobs before it. */
export const BlockerCode = z.enum([
  "DEPENDENCY",
  "BRANCH_CLOSED",
  "POOL_PAUSED",
  "POOL_REMOVED",
  "NO_ELIGIBLE_WORKER",
  "ALL_WORKERS_QUARANTINED",
  "ALL_WORKERS_OFFLINE",
  "RESERVED",
  "FAST_WORKERS_BUSY",
  "IDLE_ONLY",
  "AVOIDS_WORKER",
  "PROBE",
]);
export type BlockerCode = z.infer<typeof BlockerCode>;

/** A blocker with its sentence; `jobId` is the job that is waited for. */
export const Blocker = z.object({ code: BlockerCode, sentence: z.string(), jobId: Id.nullable() });
export type Blocker = z.infer<typeof Blocker>;

/** A moment as a forecast: as likely before as after P50; nine times in ten not after P90. */
export const Forecast = z.object({ p50: Timestamp, p90: Timestamp });
export type Forecast = z.infer<typeof Forecast>;

/** How the estimates of the last seven days compare with what happened; null figures when there were too few. */
export const Accuracy = z.object({
  /** Estimates of starts whose job has started since. */
  compared: z.int().nonnegative(),
  /** Share of those that had started by their P50; 0.5 would be perfect. */
  byP50: z.number().nullable(),
  /** Share of those that had started by their P90; 0.9 would be perfect. */
  byP90: z.number().nullable(),
  /** Half of them were wrong by less than this many seconds. */
  medianErrorSeconds: z.number().nullable(),
});
export type Accuracy = z.infer<typeof Accuracy>;

/** Why a job has not started, and when it will. */
export const JobExplanation = z.object({
  jobId: Id,
  asOf: Timestamp,
  pool: Name,
  /** Its place in the order of its pool, from 1; null unless it is queued and nothing holds it back. */
  position: z.int().positive().nullable(),
  /** How many are served before it, and why each of them is. The parts add up to the total. */
  ahead: z
    .object({
      total: z.int().nonnegative(),
      /** Ahead by a higher rank, whenever they were submitted. */
      higherRank: z.int().nonnegative(),
      /** Ahead by age, at the same or a lower rank. */
      older: z.int().nonnegative(),
      /** Of the total: those that will ride along in a run of another one, so that they cost no time. */
      merged: z.int().nonnegative(),
      /** The total is exact. In a very deep queue its parts were counted so many seconds earlier and scaled to it; 0: they are exact, too. */
      countedSecondsAgo: z.int().nonnegative(),
    })
    .nullable(),
  /** The order of this pool as one sentence. */
  order: z.string(),
  blockers: z.array(Blocker),
  /** Null when it cannot be told, and then `noEstimate` says why. */
  start: Forecast.nullable(),
  finish: Forecast.nullable(),
  noEstimate: z.string().nullable(),
  accuracy: Accuracy,
});
export type JobExplanation = z.infer<typeof JobExplanation>;
