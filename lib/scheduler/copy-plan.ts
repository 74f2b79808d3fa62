import type { ProblemCode } from "../contracts/problem.ts";
import type { NeededJob } from "./consequences.ts";
import { failedNeedOf } from "./failed-need.ts";
import { satisfies } from "./job-state.ts";

/** A job of which copies are wanted, or that would be copied along because it waits for one. */
export interface CopiedJob {
  id: number;
  /** Somebody named it; the others come along. */
  wanted: boolean;
  /** Why it may not or cannot run again, whatever it needs; null when it may. */
  refusal: CopyRefusal | null;
  needs: readonly NeededJob[];
}

/** Why there are no copies of a job. */
export interface CopyRefusal {
  code: ProblemCode;
  reason: string;
}

/** Jobs to be copied into one buildset, and the wanted ones of which there are no copies. */
export interface CopyPlan {
  /** What needs nothing else of the plan comes before what does. `wantedBy`: the job that brought it along, itself when it was named. */
  copies: { id: number; state: "queued" | "blocked"; wantedBy: number }[];
  refused: Map<number, CopyRefusal>;
}

/**
 * Which of `jobs`, all of one buildset, are copied together, when copies are made of the wanted ones and of all that wait for them by `arrows`.
 * A wanted job is refused when it may not run again, when something that waits for it may not, or when something that it needs has failed and
 * is not copied as well. A copy waits for the copies of what it needs, and for what it needs that is not done yet; a copy of a job without
 * such needs is queued.
 */
export function planCopies(jobs: readonly CopiedJob[], arrows: readonly { from: number; to: number }[]): CopyPlan {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const waiting = Map.groupBy(arrows, (arrow) => arrow.from);
  const wantedBy = new Map<number, number>();
  const refused = new Map<number, CopyRefusal>();
  for (const job of needsFirst(jobs, arrows)) {
    if (!job.wanted) continue;
    if (wantedBy.has(job.id)) {
      wantedBy.set(job.id, job.id);
      continue;
    }
    const along = reach(job.id, waiting);
    const refusal = refusalOf(job, along, byId, wantedBy);
    if (refusal !== null) refused.set(job.id, refusal);
    else for (const id of along) if (!wantedBy.has(id)) wantedBy.set(id, job.id);
  }
  const copies = needsFirst(jobs, arrows).flatMap(({ id, needs }) => {
    const by = wantedBy.get(id);
    if (by === undefined) return [];
    const ready = needs.every((need) => !wantedBy.has(need.id) && need.state === "done" && satisfies(need.result));
    return { id, state: ready ? ("queued" as const) : ("blocked" as const), wantedBy: by };
  });
  return { copies, refused };
}

function refusalOf(
  job: CopiedJob,
  along: ReadonlySet<number>,
  byId: ReadonlyMap<number, CopiedJob>,
  copied: ReadonlyMap<number, number>,
): CopyRefusal | null {
  if (job.refusal !== null) return job.refusal;
  const failed = failedNeedOf(job.needs.filter((need) => !copied.has(need.id)));
  if (failed !== null) {
    return { code: "conflict", reason: `Job ${job.id} needs ${failed}; retrigger that one first.` };
  }
  for (const id of along) {
    const refusal = byId.get(id)?.refusal;
    if (refusal)
      return { ...refusal, reason: `Job ${job.id} cannot run again with what waits for it: ${refusal.reason}` };
  }
  return null;
}

/** The job itself and all that waits for it. */
function reach(from: number, waiting: ReadonlyMap<number, readonly { to: number }[]>): Set<number> {
  const found = new Set([from]);
  for (const id of found) for (const { to } of waiting.get(id) ?? []) found.add(to);
  return found;
}

/** By id, but what others of them wait for comes first. */
function needsFirst(jobs: readonly CopiedJob[], arrows: readonly { from: number; to: number }[]): CopiedJob[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const open = new Map<number, number>();
  for (const { from, to } of arrows) if (byId.has(from)) open.set(to, (open.get(to) ?? 0) + 1);
  const waiting = Map.groupBy(arrows, (arrow) => arrow.from);
  const ready = jobs.filter((job) => !open.get(job.id)).sort((a, b) => a.id - b.id);
  for (const job of ready) {
    for (const { to } of waiting.get(job.id) ?? []) {
      const left = (open.get(to) ?? 0) - 1;
      open.set(to, left);
      const next = byId.get(to);
      if (left === 0 && next) ready.push(next);
    }
  }
  return ready;
}
