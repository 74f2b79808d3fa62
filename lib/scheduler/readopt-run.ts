import { changeRun, reviveMembers } from "../db/sql/change-run.ts";
import { isDisabled } from "../db/sql/control-worker.ts";
import { type LockedJob, lockJobsWithDependents } from "../db/sql/lock-jobs.ts";
import { lockRuns, type ProtocolRun, readMembers, readRun, readSlotRun } from "../db/sql/lock-run.ts";
import { lockSlot } from "../db/sql/lock-slot.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { moveJobs } from "./move-jobs.ts";
import { record } from "./record.ts";

/** A lost run, locked, with the locked jobs that it may serve again and everything that waits for them. */
export interface Adoptable {
  run: ProtocolRun;
  jobs: LockedJob[];
  locked: LockedJob[];
}

/**
 * Locks a lost run and says which jobs it may serve again, or null when it may not be taken back: it is exclusive, its slot has other work,
 * its worker is disabled, or somebody else has claimed one of its jobs since. Jobs that a cancel has ended meanwhile stay ended.
 */
export async function lockAdoptable(tx: Sql, run: ProtocolRun): Promise<Adoptable | null> {
  await lockSlot(tx, run.workerId, run.slot);
  const before = await readMembers(tx, [run.id]);
  const locked = await lockJobsWithDependents(
    tx,
    before.map((member) => member.jobId),
  );
  const [now] = await lockRuns(tx, [run.id]);
  if (now?.state !== "lost" || now.exclusive) return null;
  if (await readSlotRun(tx, run.workerId, run.slot)) return null;
  if (await isDisabled(tx, run.workerId)) return null;

  const members = (await readMembers(tx, [run.id])).filter((member) => !member.detached);
  const served = new Map(members.map((member) => [member.jobId, member]));
  const open = locked.filter((job) => served.has(job.id) && job.state !== "done");
  const free = open.every((job) => job.state === "queued" && served.get(job.id)?.newest);
  return free && open.length > 0 ? { run: now, jobs: open, locked } : null;
}

/**
 * Makes a lost run live again, in the transaction that has locked it: its jobs are running as if nothing had happened. Returns the same
 * rows as they are now.
 */
export async function readopt(tx: Sql, ctx: SchedulerContext, { run, jobs, locked }: Adoptable): Promise<Adoptable> {
  const moves = jobs.map((job) => ({
    id: job.id,
    from: "queued" as const,
    to: "running" as const,
    startedAt: run.startedAt,
    lostCount: Math.max(0, job.lostCount - 1), // the worker was not lost after all
    event: "job.started" as const,
    runId: run.id,
    body: { readopted: true },
  }));
  await moveJobs(tx, ctx, locked, moves);
  await changeRun(tx, { id: run.id, from: "lost", to: "running", leaseSeconds: ctx.settings.leaseSeconds });
  const jobIds = jobs.map((job) => job.id);
  await reviveMembers(tx, run.id, jobIds);
  await record(tx, ctx, {
    event: { type: "run.readopted", runId: run.id },
    audit: { action: "run.readopt", object: `run:${run.id}`, after: { jobs: jobIds } },
  });
  const now = new Map(moves.map((move) => [move.id, { state: move.to, lostCount: move.lostCount }]));
  const refresh = (job: LockedJob): LockedJob => ({ ...job, ...now.get(job.id) });
  return { run: { ...run, state: "running" }, jobs: jobs.map(refresh), locked: locked.map(refresh) };
}

/** Takes a lost run of this worker and start back, in a transaction of its own; false when that may not be. */
export async function readoptRun(ctx: SchedulerContext, runId: number): Promise<boolean> {
  const { actor } = ctx;
  if (actor.kind !== "worker") return false;
  const adopted = await ctx.sql.transaction(async (tx) => {
    const run = await readRun(tx, runId);
    if (run?.state !== "lost" || run.workerId !== actor.workerId || run.bootId !== actor.bootId) return false;
    const adoptable = await lockAdoptable(tx, run);
    if (adoptable) await readopt(tx, ctx, adoptable);
    return adoptable !== null;
  });
  if (adopted) ctx.signals.send("relay");
  return adopted;
}
