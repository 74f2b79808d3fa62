import { z } from "zod";
import { Id, Name } from "./id.ts";

const sentence = (what: string) =>
  z
    .string(`Say ${what}.`)
    .trim()
    .min(1, `Say ${what}; people who wait will read it.`)
    .max(500, "Say it in at most 500 characters.");

/** Stops a pool from giving out work; what runs goes on. */
export const PausePoolInput = z.object({ pool: Name, note: sentence("why the pool is paused") });
export type PausePoolInput = z.infer<typeof PausePoolInput>;
export const ResumePoolInput = z.object({ pool: Name });
export type ResumePoolInput = z.infer<typeof ResumePoolInput>;

/** Closes a branch: its pushes are recorded, its jobs wait. */
export const CloseBranchInput = z.object({ branch: Name, reason: sentence("why the branch is closed") });
export type CloseBranchInput = z.infer<typeof CloseBranchInput>;
export const OpenBranchInput = z.object({ branch: Name });
export type OpenBranchInput = z.infer<typeof OpenBranchInput>;

/** Takes a worker out: it gets no work but probes, until it is released or, with `minutes`, until that time is over. */
export const QuarantineWorkerInput = z.object({
  worker: Name,
  reason: sentence("why the worker is in quarantine"),
  minutes: z
    .int("A number of minutes is whole.")
    .min(1, "A quarantine lasts at least one minute.")
    .max(60 * 24 * 365, "A quarantine with an end lasts at most a year; leave the end out for a longer one.")
    .optional(),
});
export type QuarantineWorkerInput = z.infer<typeof QuarantineWorkerInput>;

/** Draining: it ends what it runs and gets nothing new. Disabled: it may not even register. */
export const StopWorkerInput = z.object({ worker: Name, reason: sentence("why the worker is taken out") });
export type StopWorkerInput = z.infer<typeof StopWorkerInput>;

/** Ends quarantine, draining and disabling. */
export const ReleaseWorkerInput = z.object({ worker: Name });
export type ReleaseWorkerInput = z.infer<typeof ReleaseWorkerInput>;

/** Runs a copy of a job on this worker and no other, also while it is in quarantine. */
export const ProbeWorkerInput = z.object({ worker: Name, jobId: Id });
export type ProbeWorkerInput = z.infer<typeof ProbeWorkerInput>;

/** Whether a worker gets work. */
export const WorkerControl = z.enum(["enabled", "quarantined", "draining", "disabled"]);
export type WorkerControl = z.infer<typeof WorkerControl>;

/** What people do to a worker. */
export const WorkerAction = z.enum(["quarantine", "drain", "disable", "release", "probe"]);
export type WorkerAction = z.infer<typeof WorkerAction>;
