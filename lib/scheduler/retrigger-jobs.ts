import type { Command, CommandItem } from "../contracts/command.ts";
import type { Allowed, JobState, RetriggerJobsInput } from "../contracts/job.ts";
import { copyJob, type Original, readOriginal } from "../db/sql/copy-job.ts";
import { lockJobs } from "../db/sql/lock-jobs.ts";
import { readNeeds } from "../db/sql/read-needs.ts";
import type { Sql } from "../db/sql.ts";
import { doneItem, refusedItem } from "./command-items.ts";
import type { SchedulerContext } from "./context.ts";
import { failedNeedOf } from "./failed-need.ts";
import { satisfies } from "./job-state.ts";
import { allowedActions } from "./permissions.ts";
import { queueClassOf } from "./placement/queue-class.ts";
import { score } from "./queue/score.ts";
import { recordAll } from "./record.ts";
import { type Applied, runCommand } from "./run-command.ts";

/**
 * Runs a job again: `count` new jobs, each in a buildset of its own, with the old one's definition and properties, linked to it. They need
 * what it needed; those results are not made again. The old job stays as it is. The command has one item, which names the new jobs.
 */
export function retriggerJobs(ctx: SchedulerContext, input: RetriggerJobsInput): Promise<Command> {
  const { jobIds, count, priority = 0, idempotencyKey } = input;
  const request = { kind: "retrigger" as const, jobIds, input: { count, priority }, idempotencyKey };
  return runCommand(ctx, request, async (tx, batch) => {
    const applied: Applied = { items: [], audits: [] };
    for (const jobId of batch) {
      const one = await retrigger(tx, ctx, { jobId, count, priority });
      applied.items.push(...one.items);
      applied.audits?.push(...(one.audits ?? []));
    }
    return applied;
  });
}

interface Copies {
  jobId: number;
  count: number;
  priority: number;
}

async function retrigger(tx: Sql, ctx: SchedulerContext, copies: Copies): Promise<Applied> {
  const { jobId } = copies;
  // Whoever ends a job that this one needs locks this one as well, so none of them ends before the copies are committed.
  const [job] = await lockJobs(tx, [jobId]);
  const original = await readOriginal(tx, jobId);
  if (!job || !original) throw new Error(`Job ${jobId} has vanished while it was retriggered.`);
  const needs = await readNeeds(tx, [jobId]);

  const allowed = allowedActions(ctx.actor, { ...job, shared: false, failedNeed: failedNeedOf(needs) }).retrigger;
  const refusal = allowed.allowed ? outOfPlace(jobId, original) : allowed;
  if (refusal) return { items: [refusedItem(jobId, refusal)] };

  const ready = needs.every((need) => need.state === "done" && satisfies(need.result));
  const created = await insertCopies(tx, ctx, copies, original, ready ? "queued" : "blocked");
  const item: CommandItem = doneItem(jobId, created);
  return {
    items: [item],
    audits: [{ action: "job.retrigger", object: `job:${jobId}`, after: { created, priority: copies.priority } }],
  };
}

/** Why the job could not run today, whoever asks: its pool is gone or has another trust level than its branch. */
function outOfPlace(jobId: number, original: Original): Extract<Allowed, { allowed: false }> | null {
  const { pool, branch, poolRemoved, poolTrustLevel, trustLevel } = original;
  const refuse = (why: string) => ({ allowed: false as const, code: "conflict" as const, reason: why });
  if (poolRemoved) return refuse(`The pool ${pool} of job ${jobId} has been removed, so it cannot run again.`);
  if (poolTrustLevel === trustLevel) return null;
  const levels = `the pool ${pool} has trust level ${poolTrustLevel}, the branch ${branch} ${trustLevel}`;
  return refuse(`Job ${jobId} cannot run again where it ran: ${levels}.`);
}

async function insertCopies(
  tx: Sql,
  ctx: SchedulerContext,
  { jobId, count, priority }: Copies,
  original: Original,
  state: JobState,
): Promise<number[]> {
  const { actor } = ctx;
  const place = { submittedAtMs: original.nowMs, rank: original.basePriority + priority };
  const created = await copyJob(tx, {
    jobId,
    count,
    priority,
    state,
    submittedAt: new Date(original.nowMs),
    score: score(place, original.headStartMs),
    queueClass: queueClassOf(original, original.branch, original),
    trustLevel: original.trustLevel,
    submittedBy: actor.kind === "user" ? actor.userId : null,
    reason: `A retrigger of job ${jobId} by ${actor.kind === "user" ? actor.login : actor.name}.`,
  });
  await recordAll(tx, ctx, {
    events: created.map((copy) => ({
      type: "job.created",
      branchId: original.branchId,
      pushId: original.pushId,
      jobId: copy.id,
      body: { state, builder: original.builder, buildsetId: copy.buildsetId, retriggerOf: jobId },
    })),
  });
  return created.map((copy) => copy.id);
}
