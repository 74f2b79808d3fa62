import type { JobState, Result } from "../contracts/job.ts";
import { ending, type NeededJob } from "./consequences.ts";
import { satisfies } from "./job-state.ts";

/** A job that a cancel ended, or that waits for such a one, as the rule sees it. */
export interface EndedJob {
  id: number;
  state: JobState;
  result: Result | null;
  everRan: boolean;
  /** The command that cancelled it last; null when none did. */
  cancelledBy: number | null;
  needs: readonly NeededJob[];
}

/** What the undo of a cancel does to a job that it was asked to put back, or that comes back with one. */
export type Restoration = { jobId: number; to: "queued" | "blocked" } | { jobId: number; to: "stays"; reason: string };

/**
 * Which of `jobs` come back when the cancel `commandId` is undone for those in `wanted`. A wanted job does when that command was the last to
 * cancel it and it never ran. A job that was skipped does, without being named, when something that it needs comes back. Neither does when
 * something that it needs has ended without success and does not come back itself. What comes back waits for what it needs: `queued` when
 * all of that is there, `blocked` otherwise. `jobs` holds the wanted ones and all that wait for them, directly or through others.
 */
export function restorations(jobs: readonly EndedJob[], wanted: ReadonlySet<number>, commandId: number): Restoration[] {
  const staying = new Map<number, string>();
  const back = new Map<number, EndedJob>();
  for (const job of jobs) {
    const reason = wanted.has(job.id) ? whyNot(job, commandId) : null;
    if (reason !== null) staying.set(job.id, reason);
    else if (wanted.has(job.id) || (job.result === "skipped" && !job.everRan)) back.set(job.id, job);
  }
  // First all come back; whoever lacks something is taken out again, and so on to those that lack that one.
  for (let changed = true; changed; ) {
    changed = false;
    for (const job of back.values()) {
      const lacking = job.needs.find((need) => isLost(need) && !back.has(need.id));
      const alone = !wanted.has(job.id) && !job.needs.some((need) => back.has(need.id));
      if (!lacking && !alone) continue;
      back.delete(job.id);
      if (lacking && wanted.has(job.id)) staying.set(job.id, lackSentence(job.id, lacking));
      changed = true;
    }
  }
  return [
    ...[...back.values()].map(
      (job) => ({ jobId: job.id, to: job.needs.every(isThere) ? "queued" : "blocked" }) as const,
    ),
    ...[...staying].map(([jobId, reason]) => ({ jobId, to: "stays" as const, reason })),
  ];
}

/** Why a job that the command cancelled cannot come back, whatever it needs; null when it can. */
function whyNot({ id, state, result, everRan, cancelledBy }: EndedJob, commandId: number): string | null {
  if (state !== "done") return `Job ${id} has been restored already; it is ${state}.`;
  if (result !== "cancelled") return `Job ${id} has been restored and has ended since (${result}).`;
  if (everRan) return `Job ${id} had started before it was cancelled, so it cannot go on; retrigger it instead.`;
  if (cancelledBy !== commandId) return `Job ${id} has been restored and cancelled again since, by another command.`;
  return null;
}

function isLost(need: NeededJob): boolean {
  return need.state === "done" && !satisfies(need.result);
}

function isThere(need: NeededJob): boolean {
  return need.state === "done" && satisfies(need.result);
}

function lackSentence(jobId: number, need: NeededJob): string {
  return `Job ${jobId} needs ${need.builder}, which ${need.result === null ? "is missing" : ending(need.result)}, so it stays cancelled.`;
}
