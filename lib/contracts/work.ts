import { z } from "zod";
import { Id, Name, Revision, Timestamp } from "./id.ts";
import { Result } from "./job.ts";
import { Sha256 } from "./run.ts";

// The worker wire, /worker/v1. The agent imports these as types only: it runs with node built-ins alone.

/**
 * POST /worker/v1/register, with the registration token of the pools as bearer. Pools whose token is another one
 * have theirs in `poolTokens`. Another call of the same boot adds pools; a new boot begins with those it names.
 */
export const RegisterInput = z.object({
  worker: Name,
  /** New at every start of the agent; a new boot voids the runs of the old one. */
  bootId: z.uuid(),
  slots: z.int().min(1).max(256),
  pools: z.array(Name).min(1).max(32),
  poolTokens: z.record(Name, z.string().max(500)).optional(),
  platform: z.string().max(100),
  version: z.string().max(50),
  speed: z.number().positive().max(1_000).default(1),
});
export type RegisterInput = z.infer<typeof RegisterInput>;

/** A session of one hour for worker and boot; every other call carries it as bearer. */
export const RegisterReply = z.object({
  session: z.string(),
  workerId: Id,
  expiresAt: Timestamp,
  leaseSeconds: z.int().positive(),
});
export type RegisterReply = z.infer<typeof RegisterReply>;

/** POST /worker/v1/claim. The same claimId on the same slot gets the same answer; a new one voids the slot's older run. */
export const ClaimInput = z.object({
  claimId: z.uuid(),
  slot: z.int().min(0).max(255),
  pools: z.array(Name).min(1).max(32),
  waitSeconds: z.int().min(0).max(20).default(20),
});
export type ClaimInput = z.infer<typeof ClaimInput>;

/** A step of a builder, as the agent runs it: a script of its own for `/bin/sh -e`. */
export const StepDefinition = z.object({ name: z.string(), run: z.string(), timeoutSeconds: z.int().positive() });
export type StepDefinition = z.infer<typeof StepDefinition>;

/** An artifact of a job that this one needs; fetched from `url` with the worker session. */
export const NeededArtifact = z.object({
  builder: z.string(),
  name: z.string(),
  sha256: Sha256,
  size: z.int().nonnegative(),
  url: z.string(),
});
export type NeededArtifact = z.infer<typeof NeededArtifact>;

/** Which part of a suite a run is. `plan` has the names of each chunk's parts, the first chunk's first; null when there is none yet. */
export const WorkChunk = z.object({
  index: z.int().positive(),
  of: z.int().positive(),
  plan: z.array(z.array(z.string())).nullable(),
});
export type WorkChunk = z.infer<typeof WorkChunk>;

/** Everything an agent needs to execute one run. */
export const Work = z.object({
  runId: Id,
  jobIds: z.array(Id).min(1),
  builder: z.string(),
  branch: Name,
  pool: Name,
  trustLevel: z.int().min(1).max(3),
  source: z.object({ repository: Name, vcs: z.enum(["git"]), url: z.string(), ref: z.string(), revision: Revision }),
  steps: z.array(StepDefinition).min(1),
  env: z.record(z.string(), z.string()),
  properties: z.record(z.string(), z.unknown()),
  /** Paths or globs inside the checkout that are uploaded when the steps have succeeded. */
  artifacts: z.array(z.string()),
  needs: z.array(NeededArtifact),
  timeoutSeconds: z.int().positive(),
  exclusive: z.boolean(),
  leaseSeconds: z.int().positive(),
  chunk: WorkChunk.nullable(),
});
export type Work = z.infer<typeof Work>;

export const ClaimReply = z.object({ work: Work.nullable() });
export type ClaimReply = z.infer<typeof ClaimReply>;

/** POST /worker/v1/heartbeat: one call for all of a worker's runs, held up to `waitSeconds` and answered at once when something changes. */
export const HeartbeatInput = z.object({
  runIds: z.array(Id).max(256),
  waitSeconds: z.int().min(0).max(10).default(10),
});
export type HeartbeatInput = z.infer<typeof HeartbeatInput>;

/** What to do with each run: go on, cancel it (TERM, 10 s, KILL, then finish with `cancelled`), or forget it (stop, send nothing more). */
export const HeartbeatReply = z.object({
  runs: z.array(z.object({ runId: Id, order: z.enum(["continue", "cancel", "stop"]) })),
});
export type HeartbeatReply = z.infer<typeof HeartbeatReply>;

/**
 * POST /worker/v1/runs/{runId}/log?number=N&offset=B&sha256=H, body = raw UTF-8 bytes (gzip allowed), at most 1 MiB.
 * Chunks are numbered from 0 without gaps; `offset` is the byte where this one starts. A repeat of an accepted chunk is answered as before.
 */
export const LogChunkInput = z.object({
  number: z.coerce.number().int().min(0),
  offset: z.coerce.number().int().min(0),
  sha256: Sha256,
});
export type LogChunkInput = z.infer<typeof LogChunkInput>;
export const LogChunkReply = z.object({ nextNumber: z.int(), nextOffset: z.int() });
export type LogChunkReply = z.infer<typeof LogChunkReply>;

/** POST /worker/v1/runs/{runId}/steps: a step began or ended. Repeats are harmless. */
export const StepInput = z.object({
  index: z.int().min(0).max(999),
  name: z.string().max(200),
  firstLine: z.int().min(1).optional(),
  result: Result.optional(),
  exitCode: z.int().nullable().optional(),
  /** By the agent's clock, as information; the product's own times come from its database. */
  elapsedMs: z.int().min(0).optional(),
});
export type StepInput = z.infer<typeof StepInput>;

/** PUT /worker/v1/runs/{runId}/artifacts?name=…&sha256=…&size=… with the bytes as body, streamed. */
export const ArtifactInput = z.object({
  name: z.string().min(1).max(1_024),
  sha256: Sha256,
  size: z.coerce.number().int().min(0),
});
export type ArtifactInput = z.infer<typeof ArtifactInput>;

/** How long a part of a chunked suite took, by the agent's clock. Its name is the line that the job knows it by, at most 500 bytes. */
export const Timing = z.object({
  part: z
    .string()
    .min(1)
    .max(500)
    .regex(/^\P{Cc}+$/u),
  seconds: z.number().min(0).max(86_400),
});
export type Timing = z.infer<typeof Timing>;

/** POST /worker/v1/runs/{runId}/finish. The same request gets the same answer; another one 409 with the state found. */
export const FinishInput = z.object({
  result: Result,
  reason: z.string().max(1_000).optional(),
  outputs: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/), z.string().max(10_000)).default({}),
  log: z.object({ chunks: z.int().min(0), bytes: z.int().min(0), lines: z.int().min(0), sha256: Sha256 }),
  /** What a chunk of a suite has measured, for the next plan; no part of what makes two results the same. */
  timings: z.array(Timing).max(20_000).optional(),
});
export type FinishInput = z.infer<typeof FinishInput>;
export const FinishReply = z.object({ runId: Id, result: Result });
export type FinishReply = z.infer<typeof FinishReply>;
