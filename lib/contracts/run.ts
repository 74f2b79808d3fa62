import { z } from "zod";
import { Id, Name, Revision, Timestamp } from "./id.ts";
import { JobRef, Result, RunState } from "./job.ts";
import { MergeReceipt } from "./merging.ts";
import { Placement } from "./placement.ts";

export const Step = z.object({
  index: z.int().nonnegative(),
  name: z.string(),
  result: Result.nullable(),
  exitCode: z.int().nullable(),
  /** First log line of the step, from 1; null before it has one. */
  firstLine: z.int().nullable(),
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
});
export type Step = z.infer<typeof Step>;

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "A SHA-256 digest is 64 hexadecimal digits.");

export const Artifact = z.object({
  id: Id,
  name: z.string(),
  sha256: Sha256,
  size: z.int().nonnegative(),
  contentType: z.string(),
});
export type Artifact = z.infer<typeof Artifact>;

/** One attempt to execute one or several jobs on one worker. */
export const Run = z.object({
  id: Id,
  worker: Name,
  slot: z.int().nonnegative(),
  pool: Name,
  revision: Revision,
  state: RunState,
  result: Result.nullable(),
  reason: z.string().nullable(),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  /** When the cancel was asked for, and when the process was gone. */
  cancelRequestedAt: Timestamp.nullable(),
  cancelledAt: Timestamp.nullable(),
  /** The jobs it serves or served; `lead` is the one whose revision it builds. */
  jobs: z.array(JobRef.extend({ live: z.boolean(), lead: z.boolean(), receipt: MergeReceipt })),
  /** Why this worker got it; null for runs of older versions. */
  placement: Placement.nullable(),
  steps: z.array(Step),
  outputs: z.record(z.string(), z.string()),
  artifacts: z.array(Artifact),
  log: z.object({ bytes: z.int(), lines: z.int(), complete: z.boolean(), sha256: Sha256.nullable() }),
});
export type Run = z.infer<typeof Run>;

/** Part of a run's log; lines count from 1. `nextLine` is where to go on; `complete` says that no more will come. */
export const LogPart = z.object({
  runId: Id,
  fromLine: z.int().positive(),
  lines: z.array(z.string()),
  nextLine: z.int().positive(),
  totalLines: z.int().nonnegative(),
  complete: z.boolean(),
});
export type LogPart = z.infer<typeof LogPart>;

/** Which part of a log: at most `limit` lines from `fromLine`, or the last `limit` lines with `tail=true`. */
export const ReadLogInput = z.object({
  fromLine: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
  tail: z.stringbool().default(false),
});
export type ReadLogInput = z.infer<typeof ReadLogInput>;
