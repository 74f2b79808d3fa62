import type { EventRow, JobRow } from "../dump.ts";
import { type Facts, faultBetween, machineBusy, monotonic } from "../facts.ts";
import { POOLS } from "../load.ts";
import { type Finding, Findings } from "./finding.ts";

/** Younger places are not settled: the relay may still carry them to Redis. */
const SETTLED_MS = 3_000;
/** D: for how long claims may pass over one job whose hint is in another's hand or was lost with it. A sweep brings it back. */
const QUIET_MS = 5_000;
const DISTURBED_MS = 15_000;
const BUSY_MS = 30_000;
/** A job that starts so soon afterwards was in the hand of another claim. */
const IN_HAND_MS = 2_000;
/** Faults longer ago than this have no say in the order. */
const MEMORY_MS = 20_000;

interface Waiting {
  job: JobRow;
  score: number;
  /** When its place was last changed. */
  since: number;
  /** The first and the last of the claims that passed over it, one soon after the other. */
  passed?: { first: number; last: number };
}

/**
 * I13, I14: an oracle replays the queue from the database's events. Claims pass over no better placed, settled job for longer than D: the
 * time for which its hint may be in another claim's hand, or lost with it until the next sweep. D is nothing in the frozen queue that one
 * slot serves at the end.
 */
export function priorityOrder(facts: Facts): Finding {
  const findings = new Findings("I13 I14", "claims take the best placed job");
  const { meta, jobs, events } = facts;
  const rows = new Map(jobs.map((job) => [job.id, job]));
  const startsOf = new Map<number | null, number[]>();
  for (const { type, job_id, created_at } of events) {
    if (type === "job.started") startsOf.set(job_id, [...(startsOf.get(job_id) ?? []), monotonic(meta, created_at)]);
  }
  const priorities = new Map<number, number>();
  const waiting = new Map<number, Waiting>();
  for (const event of events) {
    const job = rows.get(event.job_id ?? 0);
    if (!job) continue;
    const at = monotonic(meta, event.created_at);
    if (event.type === "run.started" && isBase(facts, event)) {
      const taken = { job, score: scoreOf(job, priorities.get(job.id) ?? 0) };
      checkClaim(facts, taken, [...waiting.values()], at, startsOf, findings);
    }
    if (event.type === "job.reprioritized") priorities.set(job.id, Number(event.body.to));
    const state = event.body.state;
    if (state === "queued" || (event.type === "job.reprioritized" && waiting.has(job.id))) {
      waiting.set(job.id, { job, score: scoreOf(job, priorities.get(job.id) ?? 0), since: at });
    } else if (state !== undefined && state !== "queued") waiting.delete(job.id);
  }
  for (const job of jobs) {
    const expected = scoreOf(job, job.priority);
    findings.expect(
      job.score === expected,
      () => `Job ${job.id} has the score ${job.score}; its place says ${expected}.`,
    );
  }
  return findings.done();
}

/** A place from first principles: the submission, moved by what one point of rank is worth. */
function scoreOf(job: JobRow, priority: number): number {
  return Date.parse(job.submitted_at) - (job.base_priority + priority) * job.head_start_ms;
}

function isBase({ runs }: Facts, { run_id, job_id }: EventRow): boolean {
  return runs.find((run) => run.id === run_id)?.base_job_id === job_id;
}

function checkClaim(
  facts: Facts,
  taken: { job: JobRow; score: number },
  waiting: readonly Waiting[],
  at: number,
  startsOf: ReadonlyMap<number | null, number[]>,
  findings: Findings,
): void {
  if (taken.job.pool === POOLS.agents) return; // it avoids workers that gave up, which this oracle does not follow
  const frozen = taken.job.pool === POOLS.parked && at >= (facts.meta.parkedFrom ?? Number.POSITIVE_INFINITY);
  const patience = frozen ? 0 : patienceAt(facts, at);
  findings.count(frozen ? "claims of a frozen queue" : "claims under load");
  const better = waiting.filter(
    ({ job, score, since }) =>
      job.pool === taken.job.pool &&
      job.id !== taken.job.id &&
      (score < taken.score || (score === taken.score && job.id < taken.job.id)) &&
      (frozen ||
        (since <= at - SETTLED_MS &&
          !(startsOf.get(job.id) ?? []).some((start) => start >= at && start <= at + IN_HAND_MS))),
  );
  for (const one of better) one.passed = { first: firstPass(one, at), last: at };
  const overlooked = better.find((one) => frozen || at - firstPass(one, at) > patience);
  findings.max("passedOverMs", Math.max(0, ...better.map((one) => at - firstPass(one, at))));
  findings.expect(
    overlooked === undefined,
    () =>
      `Job ${taken.job.id} (score ${taken.score}) was claimed although job ${overlooked?.job.id} (score ${overlooked?.score}) had been passed over for ${((at - (overlooked?.passed?.first ?? at)) / 1000).toFixed(1)} s.`,
  );
}

/** When the passing over began. Passes that are far apart are two stories: in between all was in order. */
function firstPass({ passed }: Waiting, at: number): number {
  return passed && at - passed.last <= BUSY_MS ? passed.first : at;
}

function patienceAt(facts: Facts, at: number): number {
  if (machineBusy(facts, at - MEMORY_MS, at)) return BUSY_MS;
  return faultBetween(facts, ["web", "timer", "redis", "postgres", "worker"], at - MEMORY_MS, at)
    ? DISTURBED_MS
    : QUIET_MS;
}
