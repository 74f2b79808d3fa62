import type { JobDetail } from "../contracts/job.ts";
import { detachMembers } from "../db/sql/change-run.ts";
import { lockJobs } from "../db/sql/lock-jobs.ts";
import { lockRuns, readLiveRunIds, readMembers } from "../db/sql/lock-run.ts";
import { setAlone } from "../db/sql/set-alone.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { getJob } from "./get-job.ts";
import { moveJobs } from "./move-jobs.ts";
import { allowedActions, requirePermission } from "./permissions.ts";
import { auditRefusal, nameOf } from "./record.ts";

/** Which job gets a run of its own. */
export interface SplitJobInput {
  jobId: number;
}

/**
 * Takes a job out of the run that it shares: it waits again at its original place, for a run of its own. The shared run goes on for the
 * others and keeps its revision, also when the job was its base or its lead. `conflict` when the job shares no run.
 */
export async function splitJob(ctx: SchedulerContext, { jobId }: SplitJobInput): Promise<JobDetail> {
  requirePermission(ctx.actor, "command");
  requirePermission(ctx.actor, "read"); // the answer is what the job's page shows
  const what = { action: "job.split", object: `job:${jobId}` };
  await auditRefusal(ctx, what, () => ctx.sql.transaction((tx) => split(tx, ctx, jobId)));
  ctx.signals.send("relay");
  return getJob(ctx, { jobId });
}

async function split(tx: Sql, ctx: SchedulerContext, jobId: number): Promise<void> {
  const [job] = await lockJobs(tx, [jobId]);
  if (!job) throw new SchedulerError("not_found", `There is no job ${jobId}.`);
  // Under the run's lock: of two members that leave at once, the second one sees that it is the last.
  const [run] = await lockRuns(tx, await readLiveRunIds(tx, [jobId]));
  const members = run ? (await readMembers(tx, [run.id])).filter((member) => member.live) : [];
  const shared = run?.state === "running" && members.length > 1;
  const allowed = allowedActions(ctx.actor, { ...job, shared, failedNeed: null }).split;
  if (!allowed.allowed) throw new SchedulerError(allowed.code, allowed.reason, { state: job.state });
  if (!run) throw new Error(`Job ${jobId} may be split, but has no run.`);

  const reason = `${nameOf(ctx)} took it out of run ${run.id}, which it shared, for a run of its own.`;
  const others = members.length - 1;
  const move = { id: jobId, from: "running" as const, to: "queued" as const, reason, runId: run.id, body: { others } };
  await moveJobs(tx, ctx, [job], [{ ...move, event: "job.split" }], {
    audit: { action: "job.split", object: `job:${jobId}`, before: { run: run.id }, after: { state: "queued" } },
  });
  await setAlone(tx, jobId);
  await detachMembers(tx, [jobId], "split");
}
