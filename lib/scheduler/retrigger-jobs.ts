import type { Command } from "../contracts/command.ts";
import type { RetriggerJobsInput } from "../contracts/job.ts";
import type { ItemResult } from "../db/sql/command-items.ts";
import { type Original, readArrows, readOriginals } from "../db/sql/copy-jobs.ts";
import { type LockedJob, lockJobs, lockJobsWithDependents } from "../db/sql/lock-jobs.ts";
import { readNeeds } from "../db/sql/read-needs.ts";
import type { Sql } from "../db/sql.ts";
import { doneItem, refusedItem } from "./command-items.ts";
import type { Applied, CommandBatch, CommandWork } from "./command-work.ts";
import type { SchedulerContext } from "./context.ts";
import { type CopiedJob, type CopyPlan, type CopyRefusal, planCopies } from "./copy-plan.ts";
import { SchedulerError } from "./errors.ts";
import { insertCopies } from "./insert-copies.ts";
import { allowedActions } from "./permissions.ts";
import { MOST_TARGETS, namedTargets } from "./resolve-targets.ts";
import { runCommand } from "./run-command.ts";

/** What a retrigger is told, apart from its jobs. */
export interface RetriggerParams {
  count: number;
  priority: number;
  dependents: boolean;
}

/** Jobs that one retrigger makes at most. */
const MOST_COPIES = 10_000;
/** Copies that are made in one transaction, as far as single jobs allow it. */
const COPIES_AT_ONCE = 500;

/**
 * Runs jobs again: `count` new jobs of each, linked to it, with its definition and properties, in a new buildset of their own. They need what
 * it needed; those results are not made again. The old job stays as it is. With `dependents`, what waited for it comes along, and waits for
 * the copy; all that is named of one buildset is then copied together, `count` times. An item names the copies of its job and of what came
 * along with it. `invalid` when more than 10,000 jobs would be made.
 */
export function retriggerJobs(ctx: SchedulerContext, input: RetriggerJobsInput): Promise<Command> {
  const { count, priority = 0, dependents, idempotencyKey, ...named } = input;
  const params: RetriggerParams = { count, priority, dependents };
  const { targets, ...which } = namedTargets(ctx, named, { finished: true });
  const request = {
    kind: "retrigger" as const,
    params,
    idempotencyKey,
    ...which,
    targets: async (tx: Sql) => withinBounds(tx, await targets(tx), params),
  };
  return runCommand(ctx, request, retriggerWork(params));
}

/** How a retrigger works off its jobs. */
export function retriggerWork(params: RetriggerParams): CommandWork {
  return {
    together: params.dependents ? "buildsets" : "nothing",
    jobsAtOnce: Math.max(1, Math.min(100, Math.floor(COPIES_AT_ONCE / params.count))),
    apply: (tx, ctx, batch) => retriggerBatch(tx, ctx, batch, params),
  };
}

/** The same jobs, unless more than 10,000 would be made of them: then `invalid`. */
export async function withinBounds(tx: Sql, jobIds: readonly number[], { count, dependents }: RetriggerParams) {
  const copied = new Set(jobIds);
  if (dependents) {
    for (const arrow of await readArrows(tx, jobIds, MOST_TARGETS * 10)) copied.add(arrow.to);
  }
  const made = copied.size * count;
  if (made <= MOST_COPIES) return jobIds;
  const sum = `${copied.size.toLocaleString("en")} × ${count} = ${made.toLocaleString("en")}`;
  throw new SchedulerError(
    "invalid",
    `That would make ${sum} jobs, and a command makes at most 10,000; name fewer jobs or a lower count.`,
  );
}

async function retriggerBatch(
  tx: Sql,
  ctx: SchedulerContext,
  { jobIds }: CommandBatch,
  params: RetriggerParams,
): Promise<Applied> {
  // Whoever ends a job that one of these needs locks this one as well, so none of them ends before the copies are committed.
  const locked = await (params.dependents ? lockJobsWithDependents(tx, jobIds) : lockJobs(tx, jobIds));
  const arrows = params.dependents ? await readArrows(tx, jobIds, MOST_TARGETS * 10) : [];
  const ids = [...new Set([...jobIds, ...arrows.map((arrow) => arrow.to)])];
  const originals = new Map((await readOriginals(tx, ids)).map((original) => [original.id, original]));
  const jobs = await readJobs(tx, ctx, { locked, originals, wanted: new Set(jobIds) });
  const together = (job: CopiedJob) => (params.dependents ? (originals.get(job.id)?.buildsetId ?? 0) : job.id);
  const plans = [...Map.groupBy(jobs, together).values()].map((set) => planCopies(set, arrows));
  const created = await insertCopies(tx, ctx, plans, originals, params);
  return { items: plans.flatMap((plan) => itemsOf(plan, created)), audits: auditsOf(plans, created, params) };
}

/** What the rule that plans copies must know of each job. */
async function readJobs(
  tx: Sql,
  ctx: SchedulerContext,
  { locked, originals, wanted }: { locked: LockedJob[]; originals: ReadonlyMap<number, Original>; wanted: Set<number> },
): Promise<CopiedJob[]> {
  const needs = Map.groupBy(await readNeeds(tx, [...originals.keys()]), (need) => need.jobId);
  return locked.flatMap((job) => {
    const original = originals.get(job.id);
    if (!original) return [];
    const allowed = allowedActions(ctx.actor, { ...job, shared: false, failedNeed: null }).retrigger;
    const forbidden = wanted.has(job.id) && !allowed.allowed ? allowed : null;
    const refusal = forbidden ?? outOfPlace(original);
    return { id: job.id, wanted: wanted.has(job.id), refusal, needs: needs.get(job.id) ?? [] };
  });
}

/** Why the job could not run today, whoever asks: its pool is gone or has another trust level than its branch. */
export function outOfPlace({
  id,
  pool,
  branch,
  poolRemoved,
  poolTrustLevel,
  trustLevel,
}: Original): CopyRefusal | null {
  const refuse = (reason: string) => ({ code: "conflict" as const, reason });
  if (poolRemoved) return refuse(`The pool ${pool} of job ${id} has been removed, so it cannot run again.`);
  if (poolTrustLevel === trustLevel) return null;
  const levels = `the pool ${pool} has trust level ${poolTrustLevel}, the branch ${branch} ${trustLevel}`;
  return refuse(`Job ${id} cannot run again where it ran: ${levels}.`);
}

/** An item for each job that was named, with the copies of all that it brought along. */
function itemsOf({ copies, refused }: CopyPlan, created: ReadonlyMap<number, number[]>): ItemResult[] {
  const brought = Map.groupBy(copies, (copy) => copy.wantedBy);
  return [
    ...[...brought].map(([id, own]) => {
      const made = own.flatMap((copy) => created.get(copy.id) ?? []);
      return doneItem(
        id,
        made.sort((a, b) => a - b),
      );
    }),
    ...[...refused].map(([id, { code, reason }]) => refusedItem(id, { allowed: false, code, reason })),
  ];
}

function auditsOf(plans: readonly CopyPlan[], created: ReadonlyMap<number, number[]>, { priority }: RetriggerParams) {
  return plans
    .flatMap((plan) => itemsOf(plan, created))
    .filter((item) => item.outcome === "done")
    .map((item) => ({
      action: "job.retrigger",
      object: `job:${item.jobId}`,
      after: { created: item.created, priority },
    }));
}
