import { z } from "zod";
import { TrustLevel } from "./branch.ts";
import { WorkerAction, WorkerControl } from "./control.ts";
import { Id, Name, Timestamp, UserRef } from "./id.ts";
import { Allowed, Job } from "./job.ts";
import { MergeWhen } from "./placement.ts";

/** The head start of a strict pool: one point of rank outweighs 139 years of waiting, so rank decides and age breaks ties. */
export const STRICT_HEAD_START_MS = 2 ** 42;

/** A pool with what waits and what works in it. */
export const Pool = z.object({
  id: Id,
  name: Name,
  trustLevel: TrustLevel,
  /** One point of rank is worth this much waiting. */
  headStartMs: z.number().positive(),
  strict: z.boolean(),
  pausedNote: z.string().nullable(),
  pausedAt: Timestamp.nullable(),
  pausedBy: UserRef.nullable(),
  /** Whether whoever asks may pause and resume it. */
  mayControl: Allowed,
  mergeWhen: MergeWhen,
  /** Workers of at least this speed are fast; null when they are not told apart. */
  fastSpeed: z.number().nullable(),
  reserve: z.object({ workers: z.int().nonnegative(), branches: z.array(Name) }),
  idleAbove: z.int().nonnegative(),
  queued: z.int().nonnegative(),
  running: z.int().nonnegative(),
  workers: z.int().nonnegative(),
  workersOnline: z.int().nonnegative(),
  oldestQueuedAt: Timestamp.nullable(),
});
export type Pool = z.infer<typeof Pool>;

/** A pool's queue in its real order; `position` counts from 1. */
export const Queue = z.object({
  pool: Pool,
  jobs: z.array(Job.extend({ position: z.int().positive() })),
  running: z.array(Job),
  nextCursor: z.string().nullable(),
});
export type Queue = z.infer<typeof Queue>;

export const Worker = z.object({
  id: Id,
  name: Name,
  pools: z.array(Name),
  slots: z.int().positive(),
  platform: z.string().nullable(),
  version: z.string().nullable(),
  lastSeenAt: Timestamp.nullable(),
  online: z.boolean(),
  speed: z.number().positive(),
  control: WorkerControl,
  controlReason: z.string().nullable(),
  controlledBy: UserRef.nullable(),
  /** When a quarantine ends by itself. */
  quarantinedUntil: Timestamp.nullable(),
  runIds: z.array(Id),
  /** What whoever asks may do to it now, and why not. */
  actions: z.record(WorkerAction, Allowed),
});
export type Worker = z.infer<typeof Worker>;
