import { z } from "zod";
import { Id, Name, Revision, Timestamp, UserRef } from "./id.ts";
import { SharedRun } from "./merging.ts";
import { PageInput } from "./page.ts";
import { ProblemCode } from "./problem.ts";

/** Where a job stands: `blocked` waits for another job, `queued` for a worker. */
export const JobState = z.enum(["blocked", "queued", "running", "done"]);
export type JobState = z.infer<typeof JobState>;

/** How a run ended; a job has every result but `retry`. */
export const Result = z.enum(["success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"]);
export type Result = z.infer<typeof Result>;

/** Where a run stands: a lost one may yet be re-adopted by its worker. */
export const RunState = z.enum(["running", "cancelling", "lost", "done"]);
export type RunState = z.infer<typeof RunState>;

export const BuilderKind = z.enum(["build", "test", "nightly"]);
export type BuilderKind = z.infer<typeof BuilderKind>;

/** What a person sets: −100 to 100, higher runs sooner. */
export const Priority = z
  .int("A priority is a whole number.")
  .min(-100, "The lowest priority is -100.")
  .max(100, "The highest priority is 100.");
export type Priority = z.infer<typeof Priority>;

export const JobAction = z.enum(["cancel", "retrigger", "reprioritize", "boost", "split"]);
export type JobAction = z.infer<typeof JobAction>;

/** Whether the person who asked may do this to the job now, and when not, the reason that the greyed button shows. */
export const Allowed = z.discriminatedUnion("allowed", [
  z.object({ allowed: z.literal(true) }),
  z.object({ allowed: z.literal(false), code: ProblemCode, reason: z.string() }),
]);
export type Allowed = z.infer<typeof Allowed>;

/** A job as lists show it. */
export const Job = z.object({
  id: Id,
  buildsetId: Id,
  pushId: Id,
  branch: Name,
  revision: Revision,
  builder: z.string(),
  platform: z.string(),
  kind: BuilderKind,
  pool: Name,
  owner: UserRef.nullable(),
  state: JobState,
  result: Result.nullable(),
  reason: z.string().nullable(),
  priority: Priority,
  /** A sheriff's boost that ends by itself, with the priority that it goes back to. */
  boost: z.object({ until: Timestamp, from: Priority, reason: z.string() }).nullable(),
  /** The branch's base priority + the job's priority. */
  rank: z.int(),
  submittedAt: Timestamp,
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  retriggerOf: Id.nullable(),
  /** The newest run that serves or served it. */
  runId: Id.nullable(),
  /** The revision which that run builds, when it is another one than the job's: it was merged with a newer push. */
  builtRevision: Revision.nullable(),
});
export type Job = z.infer<typeof Job>;

/** Another job, as a dependency names it. */
export const JobRef = z.object({ id: Id, builder: z.string(), state: JobState, result: Result.nullable() });
export type JobRef = z.infer<typeof JobRef>;

/** A run of a job, as the job's own page lists it. */
export const RunRef = z.object({
  id: Id,
  worker: Name,
  state: RunState,
  result: Result.nullable(),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
});
export type RunRef = z.infer<typeof RunRef>;

/** A job with what its own page shows; `actions` are those of the person who asked. */
export const JobDetail = Job.extend({
  definition: z.record(z.string(), z.unknown()),
  properties: z.record(z.string(), z.unknown()),
  needs: z.array(JobRef),
  neededBy: z.array(JobRef),
  retriggers: z.array(JobRef),
  /** Every run that serves or served it, newest first, at most 100. */
  runs: z.array(RunRef),
  /** How many queued jobs of its pool are served before it; null unless it is queued. */
  ahead: z.int().nonnegative().nullable(),
  /** The run that serves it together with other jobs; null when it has one of its own, or none. */
  shared: SharedRun.nullable(),
  actions: z.record(JobAction, Allowed),
});
export type JobDetail = z.infer<typeof JobDetail>;

/** Filters of the job list; those given must all hold. */
export const ListJobsInput = PageInput.extend({
  push: z.coerce.number().pipe(Id).optional(),
  branch: Name.optional(),
  builder: z.string().max(200).optional(),
  pool: Name.optional(),
  owner: z.string().max(64).optional(),
  state: JobState.optional(),
  result: Result.optional(),
});
export type ListJobsInput = z.infer<typeof ListJobsInput>;

export const JobIds = z.array(Id).min(1, "Name at least one job.").max(10_000, "A command takes at most 10,000 jobs.");

/** A client-made key: the same key with the same content is one effect, with other content an error. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, "An idempotency key has 1 to 100 printable characters.");

/**
 * Which jobs a command is for, when it does not list them: all that match every filter given, and are not done unless the command is a
 * retrigger. At least one filter, at most 10,000 jobs.
 */
export const JobFilter = z
  .strictObject({
    push: Id.optional(),
    branch: Name.optional(),
    builder: z.string().min(1).max(200).optional(),
    pool: Name.optional(),
    owner: z.string().min(1).max(64).optional(),
    state: JobState.optional(),
    result: Result.optional(),
  })
  .refine(
    (filter) => Object.values(filter).some((value) => value !== undefined),
    "Name at least one filter, such as push.",
  );
export type JobFilter = z.infer<typeof JobFilter>;

/** What a command is for: a list of jobs, or a filter; one of the two. */
const targets = { jobIds: JobIds.optional(), filter: JobFilter.optional() };

/** True when exactly one of list and filter is there. */
export const oneTarget = (input: { jobIds?: unknown; filter?: unknown }) =>
  (input.jobIds === undefined) !== (input.filter === undefined);
export const ONE_TARGET = "Name the jobs either by jobIds or by a filter.";

export const CancelJobsInput = z
  .object({
    ...targets,
    reason: z.string().max(500).optional(),
    idempotencyKey: IdempotencyKey.optional(),
  })
  .refine(oneTarget, ONE_TARGET);
export type CancelJobsInput = z.infer<typeof CancelJobsInput>;

/** `dependents`: also what waited for it, again, for the new result. */
export const RetriggerJobsInput = z
  .object({
    ...targets,
    count: z.int().min(1, "Retrigger at least once.").max(100, "Retrigger at most 100 times.").default(1),
    priority: Priority.optional(),
    dependents: z.boolean().default(false),
    idempotencyKey: IdempotencyKey.optional(),
  })
  .refine(oneTarget, ONE_TARGET);
export type RetriggerJobsInput = z.infer<typeof RetriggerJobsInput>;

/** A priority for a time: when it ends, each job goes back to the priority that it had. Sheriffs only, at most a day. */
export const Boost = z.strictObject({
  minutes: z
    .int("A number of minutes is whole.")
    .min(1, "A boost lasts at least a minute.")
    .max(1440, "A boost lasts at most 24 hours."),
  reason: z
    .string()
    .trim()
    .min(1, "Say why these jobs go before others.")
    .max(500, "Say it in at most 500 characters."),
});
export type Boost = z.infer<typeof Boost>;

export const ReprioritizeJobsInput = z
  .object({
    ...targets,
    priority: Priority,
    boost: Boost.optional(),
    idempotencyKey: IdempotencyKey.optional(),
  })
  .refine(oneTarget, ONE_TARGET);

/** Takes a job out of the run that it shares, into one of its own at its original place. */
export const SplitJobInput = z.object({ jobId: Id });
export type SplitJobInput = z.infer<typeof SplitJobInput>;

/** Takes a command back, as far as nothing has moved since. */
export const UndoCommandInput = z.object({ commandId: Id, idempotencyKey: IdempotencyKey.optional() });
export type UndoCommandInput = z.infer<typeof UndoCommandInput>;
export type ReprioritizeJobsInput = z.infer<typeof ReprioritizeJobsInput>;
