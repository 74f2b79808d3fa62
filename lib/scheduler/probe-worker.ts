import type { ProbeWorkerInput } from "../contracts/control.ts";
import type { Job, JobState } from "../contracts/job.ts";
import { type LockedWorker, lockWorkerControl } from "../db/sql/control-worker.ts";
import { insertProbe, type ProbedJob, readProbedJob } from "../db/sql/insert-probe.ts";
import { lockJobs } from "../db/sql/lock-jobs.ts";
import { readNeeds } from "../db/sql/read-needs.ts";
import { JOB_COLUMNS, JOB_TABLES, type JobListRow } from "../db/sql/select-jobs.ts";
import type { Sql } from "../db/sql.ts";
import { toJob } from "../db/to-job.ts";
import { wakeWorker } from "./change-control.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { failedNeedOf } from "./failed-need.ts";
import { satisfies } from "./job-state.ts";
import { requirePermission } from "./permissions.ts";
import { score } from "./queue/score.ts";
import { auditRefusal, nameOf, record, userIdOf } from "./record.ts";
import { decideAction } from "./worker-actions.ts";

/**
 * Makes a copy of a job that this worker alone may run, and runs first, also in quarantine: to see whether it is well again. While such a
 * copy has not ended, asking again answers it. `not_found`; `conflict` unless the worker could run the job: it asks for work, serves the
 * job's pool, whose trust level is the branch's, and the job is neither exclusive nor in need of something that failed.
 */
export async function probeWorker(ctx: SchedulerContext, input: ProbeWorkerInput): Promise<Job> {
  const what = { action: "worker.probe", object: `worker:${input.worker}` };
  const { worker, probeId } = await auditRefusal(ctx, what, async () => {
    requirePermission(ctx.actor, "worker:quarantine");
    return ctx.sql.transaction(async (tx) => {
      // Probes of one worker come one after the other: the second of two equal ones finds the first.
      const worker = await lockWorkerControl(tx, input.worker);
      if (!worker) throw new SchedulerError("not_found", `There is no worker ${input.worker}.`);
      const allowed = decideAction(ctx.actor, "probe", worker);
      if (!allowed.allowed) throw new SchedulerError(allowed.code, allowed.reason);
      // Whoever ends a job that this one needs locks this one as well, so none of them ends before the copy is committed.
      await lockJobs(tx, [input.jobId]);
      const job = await readProbedJob(tx, input.jobId, worker.id);
      if (!job) throw new SchedulerError("not_found", `There is no job ${input.jobId}.`);
      if (job.openProbeId !== null) return { worker, probeId: job.openProbeId };
      const refusal = unfit(input.jobId, job, worker);
      if (refusal !== null) throw new SchedulerError("conflict", refusal);
      const copy = await makeCopy(tx, ctx, input.jobId, job, worker);
      await record(tx, ctx, { audit: { ...what, after: { jobId: copy, copyOf: input.jobId } } });
      return { worker, probeId: copy };
    });
  });
  wakeWorker(ctx, worker);
  const row = await ctx.sql.one<JobListRow>(`SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} WHERE j.id = $1`, [probeId]);
  return toJob(row);
}

/** Why the worker cannot run the job, or null. */
function unfit(jobId: number, job: ProbedJob, worker: LockedWorker): string | null {
  const { pool, poolId, poolTrustLevel, branchTrustLevel } = job;
  if (job.poolRemoved) return `The pool ${pool} of job ${jobId} has left the configuration, so nothing runs there.`;
  if (!worker.poolIds.includes(poolId)) {
    return `The worker ${worker.name} does not serve the pool ${pool} of job ${jobId}; take a job of one of its pools.`;
  }
  if (poolTrustLevel !== branchTrustLevel) {
    const levels = `the pool ${pool} has trust level ${poolTrustLevel}, the job's branch ${branchTrustLevel}`;
    return `Job ${jobId} cannot run on ${worker.name}: ${levels}.`;
  }
  if (job.exclusive) {
    return `Job ${jobId} is exclusive, such as a deployment or a signing, so a probe must not do it again; take another job.`;
  }
  return null;
}

async function makeCopy(
  tx: Sql,
  ctx: SchedulerContext,
  jobId: number,
  job: ProbedJob,
  worker: LockedWorker,
): Promise<number> {
  const needs = await readNeeds(tx, [jobId]);
  const failed = failedNeedOf(needs);
  if (failed !== null) throw new SchedulerError("conflict", `Job ${jobId} needs ${failed}; take a job that can run.`);
  const ready = needs.every((need) => need.state === "done" && satisfies(need.result));
  const state: JobState = ready ? "queued" : "blocked";
  const { id, buildsetId } = await insertProbe(tx, {
    jobId,
    workerId: worker.id,
    trustLevel: job.branchTrustLevel,
    state,
    submittedAt: new Date(job.nowMs),
    score: score({ submittedAtMs: job.nowMs, rank: job.basePriority }, job.headStartMs),
    submittedBy: userIdOf(ctx),
    reason: `A probe of the worker ${worker.name} with job ${jobId}, by ${nameOf(ctx)}.`,
  });
  const body = { state, builder: job.builder, buildsetId, retriggerOf: jobId, probes: worker.name };
  await record(tx, ctx, {
    event: { type: "job.created", branchId: job.branchId, pushId: job.pushId, jobId: id, body },
  });
  return id;
}
