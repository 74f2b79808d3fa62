import type { Blocker, BlockerCode } from "../../contracts/explanation.ts";
import type { ExplainFacts, NeedFacts } from "./facts.ts";
import { because, byAndSince, lasting } from "./words.ts";
import { probeBlockers, workerBlockers } from "./worker-blockers.ts";

/** While one of these holds, nobody can say when the job starts. */
const WITHOUT_END: ReadonlySet<BlockerCode> = new Set([
  "BRANCH_CLOSED",
  "POOL_PAUSED",
  "POOL_REMOVED",
  "NO_ELIGIBLE_WORKER",
  "ALL_WORKERS_QUARANTINED",
  "ALL_WORKERS_OFFLINE",
]);

/**
 * What keeps a waiting job from starting, apart from the jobs before it, each with a sentence that says what is waited for, since when, and
 * who did it. Those that people or other jobs must end come first. None for a job that runs or is done.
 */
export function blockersOf(facts: ExplainFacts): Blocker[] {
  const { job } = facts;
  if (job.state !== "blocked" && job.state !== "queued") return [];
  const needs = job.state === "blocked" ? facts.needs.flatMap((need) => dependency(facts.nowMs, need)) : [];
  const held = [...needs, ...heldBack(facts)];
  const workers = job.onlyWorkerId === null ? workerBlockers(facts) : probeBlockers(facts);
  // how busy the workers are matters once it waits for one
  return [...held, ...workers.filter(({ code }) => job.state === "queued" || WITHOUT_END.has(code))];
}

/** The first blocker that may last for ever; null when there is none. */
export function endlessBlocker(blockers: readonly Blocker[]): Blocker | null {
  return blockers.find((blocker) => WITHOUT_END.has(blocker.code)) ?? null;
}

function dependency(nowMs: number, need: NeedFacts): Blocker[] {
  if (need.state === "done") return [];
  const since = need.sinceMs === null ? "" : ` for ${lasting(Math.max(0, nowMs - need.sinceMs))}`;
  const doing = { blocked: "waits for another job itself", queued: "waits for a worker", running: "has been running" };
  const sentence = `It needs ${need.builder} (job ${need.jobId}), which ${doing[need.state]}${since}.`;
  return [{ code: "DEPENDENCY", sentence, jobId: need.jobId }];
}

function heldBack({ nowMs, branch, pool, job }: ExplainFacts): Blocker[] {
  const blockers: Blocker[] = [];
  const add = (code: BlockerCode, sentence: string) => blockers.push({ code, sentence, jobId: null });
  if (branch.heldAtMs !== null) {
    const who = byAndSince(nowMs, branch.heldBy, branch.heldAtMs);
    add("BRANCH_CLOSED", `The branch ${branch.name} was closed${who}${because(branch.heldWhy)}`);
  }
  if (pool.heldAtMs !== null) {
    const who = byAndSince(nowMs, pool.heldBy, pool.heldAtMs);
    add("POOL_PAUSED", `The pool ${pool.name} was paused${who}${because(pool.heldWhy)}`);
  }
  if (pool.removedAtMs !== null) {
    const since = byAndSince(nowMs, null, pool.removedAtMs);
    add("POOL_REMOVED", `The pool ${pool.name} was taken out of the configuration${since}, so nobody serves its jobs.`);
  }
  if (pool.trustLevel !== job.trustLevel) {
    const levels = `The job has the trust level ${job.trustLevel}, the pool ${pool.name} has ${pool.trustLevel}`;
    add("NO_ELIGIBLE_WORKER", `${levels}; work of one level never runs on a pool of another.`);
  }
  return blockers;
}
