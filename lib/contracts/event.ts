import { z } from "zod";
import { Id, Timestamp } from "./id.ts";

/** Every kind of change that the product tells of. */
export const EventType = z.enum([
  "push.received",
  "push.scheduled",
  "job.created",
  "job.queued",
  "job.started",
  "job.reprioritized",
  "job.cancelled",
  "job.skipped",
  "job.done",
  "job.restored",
  "job.requeued",
  "job.split",
  "run.started",
  "run.step",
  "run.artifact",
  "run.cancelling",
  "run.lost",
  "run.readopted",
  "run.done",
  "branch.changed",
  "pool.changed",
  "worker.changed",
  "config.changed",
  "command.changed",
]);
export type EventType = z.infer<typeof EventType>;

/** One committed change. `seq` has no gaps; it is the `id:` of the event stream. */
export const Event = z.object({
  seq: z.int().positive(),
  type: EventType,
  at: Timestamp,
  branchId: Id.nullable(),
  pushId: Id.nullable(),
  jobId: Id.nullable(),
  runId: Id.nullable(),
  body: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof Event>;

/** A hint that a run's log has grown; it has no number and is never repeated. SSE event name `output`. */
export const OutputHint = z.object({ runId: Id, lines: z.int(), bytes: z.int(), complete: z.boolean() });
export type OutputHint = z.infer<typeof OutputHint>;
