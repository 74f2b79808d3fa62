// Longer than other files, because it is one table that is read from top to bottom.
import { z } from "zod";
import { Branch, Repository } from "./branch.ts";
import { Command, CommandItemsInput, CommandPreview } from "./command.ts";
import {
  CloseBranchInput,
  PausePoolInput,
  ProbeWorkerInput,
  QuarantineWorkerInput,
  StopWorkerInput,
} from "./control.ts";
import type { Endpoint } from "./endpoint.ts";
import { JobExplanation } from "./explanation.ts";
import { IdText, Name } from "./id.ts";
import {
  Boost,
  CancelJobsInput,
  Job,
  JobDetail,
  ListJobsInput,
  ONE_TARGET,
  oneTarget,
  Priority,
  ReprioritizeJobsInput,
  RetriggerJobsInput,
} from "./job.ts";
import { Me, Token } from "./me.ts";
import { PageInput, pageOf } from "./page.ts";
import { Pool, Queue, Worker } from "./pool.ts";
import { ConfigError, ListPushesInput, Push, PushDetail, ReceivePushInput, ReceivePushReply } from "./push.ts";
import { Artifact, LogPart, ReadLogInput, Run } from "./run.ts";

const PushParams = z.object({ pushId: IdText });
const JobParams = z.object({ jobId: IdText });
const RunParams = z.object({ runId: IdText });

/** A command for a list of jobs; each job has an outcome of its own. */
const { idempotencyKey: _cancelKey, ...cancelShape } = CancelJobsInput.shape;
const { idempotencyKey: _retriggerKey, ...retriggerShape } = RetriggerJobsInput.shape;
const { idempotencyKey: _reprioritizeKey, ...reprioritizeShape } = ReprioritizeJobsInput.shape;
const CommandInput = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("cancel"), ...cancelShape }),
    z.strictObject({ kind: z.literal("retrigger"), ...retriggerShape }),
    z.strictObject({ kind: z.literal("reprioritize"), ...reprioritizeShape }),
  ])
  .refine(oneTarget, ONE_TARGET);
export type CommandInput = z.infer<typeof CommandInput>;

const PoolParams = z.object({ name: Name });
const BranchParams = z.object({ name: Name });
const WorkerParams = z.object({ name: Name });
const CommandParams = z.object({ commandId: IdText });

/** The whole REST API below `/api/v1`: its handlers, its OpenAPI document and the tests of its refusals come from this table. */
export const ENDPOINTS = {
  listRepositories: {
    method: "GET",
    path: "/repositories",
    summary: "All repositories with their branches.",
    scope: "read",
    reply: z.array(Repository),
  },
  getConfigState: {
    method: "GET",
    path: "/config",
    summary:
      "What is wrong with the configuration file now, by line; while there is anything, the last good one stays in force.",
    scope: "read",
    reply: z.object({ errors: z.array(ConfigError) }),
  },
  listBranches: {
    method: "GET",
    path: "/branches",
    summary: "All branches.",
    scope: "read",
    reply: z.array(Branch),
  },
  getBranch: {
    method: "GET",
    path: "/branches/{name}",
    summary: "One branch by its short name.",
    scope: "read",
    params: z.object({ name: Name }),
    reply: Branch,
  },
  listPushes: {
    method: "GET",
    path: "/pushes",
    summary: "Pushes, newest first. `owner=me` is whoever asks.",
    scope: "read",
    query: ListPushesInput,
    reply: pageOf(Push),
  },
  receivePush: {
    method: "POST",
    path: "/pushes",
    summary: "A hook tells that a branch has moved, and who moved it. Repeating it makes nothing twice.",
    scope: "pushes:write",
    body: ReceivePushInput,
    reply: ReceivePushReply,
  },
  getPush: {
    method: "GET",
    path: "/pushes/{pushId}",
    summary: "One push with its commits, files and jobs.",
    scope: "read",
    params: PushParams,
    reply: PushDetail,
  },
  listJobs: {
    method: "GET",
    path: "/jobs",
    summary: "Jobs, newest first; the filters given must all hold.",
    scope: "read",
    query: ListJobsInput,
    reply: pageOf(Job),
  },
  getJob: {
    method: "GET",
    path: "/jobs/{jobId}",
    summary: "One job, with what whoever asks may do to it now and why not.",
    scope: "read",
    params: JobParams,
    reply: JobDetail,
  },
  cancelJob: {
    method: "POST",
    path: "/jobs/{jobId}/cancel",
    summary: "Cancels a job. Cancelling it again changes nothing.",
    scope: "jobs:write",
    params: JobParams,
    body: z.object({ reason: CancelJobsInput.shape.reason }),
    reply: Command,
  },
  retriggerJob: {
    method: "POST",
    path: "/jobs/{jobId}/retrigger",
    summary: "Makes 1 to 100 new jobs that do the same work on the same revision.",
    scope: "jobs:write",
    params: JobParams,
    body: z.object({
      count: RetriggerJobsInput.shape.count,
      priority: RetriggerJobsInput.shape.priority,
      dependents: RetriggerJobsInput.shape.dependents,
    }),
    reply: Command,
  },
  reprioritizeJob: {
    method: "PUT",
    path: "/jobs/{jobId}/priority",
    summary: "Sets a waiting job's priority, −100 to 100; with `boost`, for a time.",
    scope: "jobs:write",
    params: JobParams,
    body: z.object({ priority: Priority, boost: Boost.optional() }),
    reply: Command,
  },
  splitJob: {
    method: "POST",
    path: "/jobs/{jobId}/split",
    summary: "Takes a job out of the run that it shares, into one of its own at its original place.",
    scope: "jobs:write",
    params: JobParams,
    body: z.object({}),
    reply: JobDetail,
  },
  explainJob: {
    method: "GET",
    path: "/jobs/{jobId}/explanation",
    summary: "Why a job has not started, its exact position, and when it will start and end.",
    scope: "read",
    params: JobParams,
    reply: JobExplanation,
  },
  submitCommand: {
    method: "POST",
    path: "/commands",
    summary:
      "Cancels, retriggers or reprioritizes up to 10,000 jobs, by list or by filter, with an outcome for each. A large one goes on after the answer.",
    scope: "jobs:write",
    body: CommandInput,
    reply: Command,
  },
  previewCommand: {
    method: "POST",
    path: "/commands/preview",
    summary: "What a command would do: jobs touched, machine minutes, whose jobs would start later. Changes nothing.",
    readsOnly: true,
    scope: "read",
    body: CommandInput,
    reply: CommandPreview,
  },
  undoCommand: {
    method: "POST",
    path: "/commands/{commandId}/undo",
    summary:
      "Takes a command back: every job that has not moved since returns to its exact place; the others are named.",
    scope: "jobs:write",
    params: CommandParams,
    body: z.object({}),
    reply: Command,
  },
  getCommand: {
    method: "GET",
    path: "/commands/{commandId}",
    summary: "What somebody asked for, with its outcome per job, at most 1,000 at a time.",
    scope: "read",
    params: CommandParams,
    query: CommandItemsInput,
    reply: Command,
  },
  getRun: {
    method: "GET",
    path: "/runs/{runId}",
    summary: "One run with its steps, outputs and artifacts.",
    scope: "read",
    params: RunParams,
    reply: Run,
  },
  readLog: {
    method: "GET",
    path: "/runs/{runId}/log",
    summary: "Part of a run's log by lines, also while it grows.",
    scope: "read",
    params: RunParams,
    query: ReadLogInput,
    reply: LogPart,
  },
  downloadLog: {
    method: "GET",
    path: "/runs/{runId}/log/raw",
    summary: "Leads to a run's whole log as text, on another host and for a short time.",
    scope: "read",
    params: RunParams,
    status: 302,
  },
  listArtifacts: {
    method: "GET",
    path: "/runs/{runId}/artifacts",
    summary: "What a run has uploaded.",
    scope: "read",
    params: RunParams,
    reply: z.array(Artifact),
  },
  getArtifact: {
    method: "GET",
    path: "/artifacts/{artifactId}",
    summary: "Leads to an artifact's bytes, on another host and for a short time.",
    scope: "read",
    params: z.object({ artifactId: IdText }),
    status: 302,
  },
  listPools: { method: "GET", path: "/pools", summary: "All pools.", scope: "read", reply: z.array(Pool) },
  getQueue: {
    method: "GET",
    path: "/pools/{name}/queue",
    summary: "What waits in a pool, in its real order, and what runs.",
    scope: "read",
    params: z.object({ name: Name }),
    query: PageInput,
    reply: Queue,
  },
  pausePool: {
    method: "POST",
    path: "/pools/{name}/pause",
    summary: "Stops a pool from giving out work; what runs goes on. Admins only.",
    scope: "jobs:write",
    params: PoolParams,
    body: z.object({ note: PausePoolInput.shape.note }),
    reply: Pool,
  },
  resumePool: {
    method: "POST",
    path: "/pools/{name}/resume",
    summary: "Lets a paused pool give out work again. Admins only.",
    scope: "jobs:write",
    params: PoolParams,
    body: z.object({}),
    reply: Pool,
  },
  closeBranch: {
    method: "POST",
    path: "/branches/{name}/close",
    summary: "Closes a branch: pushes are recorded, jobs wait. Sheriffs and admins only.",
    scope: "jobs:write",
    params: BranchParams,
    body: z.object({ reason: CloseBranchInput.shape.reason }),
    reply: Branch,
  },
  openBranch: {
    method: "POST",
    path: "/branches/{name}/open",
    summary: "Opens a closed branch. Sheriffs and admins only.",
    scope: "jobs:write",
    params: BranchParams,
    body: z.object({}),
    reply: Branch,
  },
  quarantineWorker: {
    method: "POST",
    path: "/workers/{name}/quarantine",
    summary:
      "Takes a worker out: no work but probes, until it is released or the time is over. Sheriffs and admins only.",
    scope: "jobs:write",
    params: WorkerParams,
    body: z.object({
      reason: QuarantineWorkerInput.shape.reason,
      minutes: QuarantineWorkerInput.shape.minutes,
    }),
    reply: Worker,
  },
  drainWorker: {
    method: "POST",
    path: "/workers/{name}/drain",
    summary: "Lets a worker end what it runs and gives it nothing new. Admins only.",
    scope: "jobs:write",
    params: WorkerParams,
    body: z.object({ reason: StopWorkerInput.shape.reason }),
    reply: Worker,
  },
  disableWorker: {
    method: "POST",
    path: "/workers/{name}/disable",
    summary: "Shuts a worker out: it may not even register, and what it runs is given to others. Admins only.",
    scope: "jobs:write",
    params: WorkerParams,
    body: z.object({ reason: StopWorkerInput.shape.reason }),
    reply: Worker,
  },
  releaseWorker: {
    method: "POST",
    path: "/workers/{name}/release",
    summary: "Ends a worker's quarantine, draining or disabling.",
    scope: "jobs:write",
    params: WorkerParams,
    body: z.object({}),
    reply: Worker,
  },
  probeWorker: {
    method: "POST",
    path: "/workers/{name}/probe",
    summary:
      "Runs a copy of a job on this worker and no other, also while it is in quarantine. Sheriffs and admins only.",
    scope: "jobs:write",
    params: WorkerParams,
    body: z.object({ jobId: ProbeWorkerInput.shape.jobId }),
    reply: Job,
  },
  listWorkers: { method: "GET", path: "/workers", summary: "All workers.", scope: "read", reply: z.array(Worker) },
  getMe: { method: "GET", path: "/me", summary: "Who asks.", scope: "read", reply: Me },
  listTokens: {
    method: "GET",
    path: "/tokens",
    summary: "The API tokens of whoever asks, without their secrets. New ones are made on the page.",
    scope: "read",
    reply: z.array(Token),
  },
  revokeToken: {
    method: "DELETE",
    path: "/tokens/{tokenId}",
    summary: "Ends the token that the request is made with.",
    scope: null,
    params: z.object({ tokenId: IdText }),
    reply: Token,
  },
  getOpenApi: {
    method: "GET",
    path: "/openapi.json",
    summary: "This description.",
    scope: null,
    reply: z.looseObject({ openapi: z.string() }),
  },
} as const satisfies Record<string, Endpoint>;
