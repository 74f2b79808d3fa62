import type { EventType } from "../contracts/event.ts";
import { changeJobs, type JobChange } from "../db/sql/change-jobs.ts";
import type { LockedJob } from "../db/sql/lock-jobs.ts";
import { readNeeds } from "../db/sql/read-needs.ts";
import type { Sql } from "../db/sql.ts";
import { type Consequence, consequences, type WaitingJob } from "./consequences.ts";
import type { SchedulerContext } from "./context.ts";
import { JOB_TRANSITIONS } from "./job-state.ts";
import { type Entries, type EventEntry, recordAll } from "./record.ts";

/** A change of a job's state with the event that tells of it. */
export interface Move extends JobChange {
  event: EventType;
  runId?: number;
  body?: Record<string, unknown>;
}

/**
 * Moves locked jobs, and with those that end also the blocked ones that wait for them, each with its event. `locked` holds all jobs named
 * and, when one of them ends, everything that waits for it. `also` is told after them, in the same statement. Returns the buildsets in
 * which a job has ended; complete them last.
 */
export async function moveJobs(
  tx: Sql,
  ctx: SchedulerContext,
  locked: readonly LockedJob[],
  moves: readonly Move[],
  also: Entries = {},
): Promise<number[]> {
  for (const { id, from, to } of moves) {
    if (!JOB_TRANSITIONS[from].includes(to)) throw new Error(`Job ${id} cannot go from ${from} to ${to}.`);
  }
  await changeJobs(tx, moves);
  const ended = moves.some((move) => move.to === "done");
  const followers = ended ? await follow(tx, locked, moves) : [];
  await changeJobs(tx, followers);

  const all = [...moves, ...followers];
  const jobs = new Map(locked.map((job) => [job.id, job]));
  const events = [...all.map((move) => toEvent(move, jobs.get(move.id))), ...(also.event ? [also.event] : [])];
  await recordAll(tx, ctx, { events, audits: also.audit ? [also.audit] : [] });
  const sets = all.flatMap((move) => (move.to === "done" ? (jobs.get(move.id)?.buildsetId ?? []) : []));
  return [...new Set(sets)].sort((a, b) => a - b);
}

async function follow(tx: Sql, locked: readonly LockedJob[], moves: readonly Move[]): Promise<Move[]> {
  const moved = new Set(moves.map((move) => move.id));
  const blocked = locked.filter((job) => job.state === "blocked" && !moved.has(job.id));
  if (blocked.length === 0) return [];
  const needs = Map.groupBy(
    await readNeeds(
      tx,
      blocked.map((job) => job.id),
    ),
    (need) => need.jobId,
  );
  const waiting: WaitingJob[] = blocked.map(({ id, builder }) => ({ id, builder, needs: needs.get(id) ?? [] }));
  return consequences(waiting).map(toMove);
}

function toMove(consequence: Consequence): Move {
  const { jobId: id } = consequence;
  if (consequence.to === "queued") return { id, from: "blocked", to: "queued", event: "job.queued" };
  return { id, from: "blocked", to: "done", result: "skipped", reason: consequence.reason, event: "job.skipped" };
}

function toEvent(move: Move, job: LockedJob | undefined): EventEntry {
  const { result, reason } = move;
  return {
    type: move.event,
    branchId: job?.branchId ?? null,
    pushId: job?.pushId ?? null,
    jobId: move.id,
    runId: move.runId ?? null,
    body: { state: move.to, ...(result && { result }), ...(reason && { reason }), ...move.body },
  };
}
