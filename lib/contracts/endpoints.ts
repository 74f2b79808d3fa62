// Longer than other files, because it is one table that is read from top to bottom.
import { z } from "zod";
import { Branch, Repository } from "./branch.ts";
import { Command } from "./command.ts";
import type { Endpoint } from "./endpoint.ts";
import { IdText, Name } from "./id.ts";
import {
  CancelJobsInput,
  Job,
  JobDetail,
  ListJobsInput,
  Priority,
  ReprioritizeJobsInput,
  RetriggerJobInput,
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
const CommandInput = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cancel"), ...CancelJobsInput.omit({ idempotencyKey: true }).shape }),
  z.strictObject({ kind: z.literal("reprioritize"), ...ReprioritizeJobsInput.omit({ idempotencyKey: true }).shape }),
]);

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
    body: CancelJobsInput.pick({ reason: true }),
    reply: Command,
  },
  retriggerJob: {
    method: "POST",
    path: "/jobs/{jobId}/retrigger",
    summary: "Makes 1 to 100 new jobs that do the same work on the same revision.",
    scope: "jobs:write",
    params: JobParams,
    body: RetriggerJobInput.omit({ jobId: true, idempotencyKey: true }),
    reply: Command,
  },
  reprioritizeJob: {
    method: "PUT",
    path: "/jobs/{jobId}/priority",
    summary: "Sets a waiting job's priority, −100 to 100.",
    scope: "jobs:write",
    params: JobParams,
    body: z.object({ priority: Priority }),
    reply: Command,
  },
  submitCommand: {
    method: "POST",
    path: "/commands",
    summary: "Cancels or reprioritizes up to 10,000 jobs, with an outcome for each.",
    scope: "jobs:write",
    body: CommandInput,
    reply: Command,
  },
  getCommand: {
    method: "GET",
    path: "/commands/{commandId}",
    summary: "What somebody asked for, with its outcome per job.",
    scope: "read",
    params: z.object({ commandId: IdText }),
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
