import type { EventRow, JobRow } from "../dump.ts";
import { type Facts, faultBetween, monotonic } from "../facts.ts";
import { POOLS } from "../load.ts";
import { type Finding, Findings } from "./finding.ts";

/** How long a better placed job may be overlooked after it was settled: by the oracle's kind of moment, in sweeps and seconds. */
const QUIET_MS = 3_000;
const DISTURBED_MS = 15_000;
/** A job that starts so soon afterwards was held by another claim under way. */
const HELD_MS = 5_000;
/** Faults longer ago than this have no say in the order. */
const MEMORY_MS = 20_000;

interface Waiting {
  job: JobRow;
  score: number;
  /** When its place was last changed. */
  since: number;
}

/**
 * I13, I14: an oracle replays the queue from the database's events. Whenever a claim takes a job, no better placed one of its pool had been
 * waiting, settled, for longer than D, unless another claim was taking it. D is nothing in the frozen queue that one slot serves at the
 * end; a few seconds while faults go on, because a hint that died with its process comes back with the sweep.
 */
export function priorityOrder(facts: Facts): Finding {
  const findings = new Findings("I13 I14", "claims take the best placed job");
  const { meta, jobs, events } = facts;
  const rows = new Map(jobs.map((job) => [job.id, job]));
  const startsOf = Map.groupBy(
    events.filter((event) => event.type === "job.started"),
    (event) => event.job_id,
  );
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
  startsOf: Map<number | null, EventRow[]>,
  findings: Findings,
): void {
  if (taken.job.pool === POOLS.agents) return; // it avoids workers that gave up, which this oracle does not follow
  const frozen = taken.job.pool === POOLS.parked && at >= (facts.meta.parkedFrom ?? Number.POSITIVE_INFINITY);
  const disturbed = faultBetween(facts, ["web", "timer", "redis", "postgres", "worker"], at - MEMORY_MS, at);
  const patience = frozen ? 0 : disturbed ? DISTURBED_MS : QUIET_MS;
  findings.count(frozen ? "claims of a frozen queue" : disturbed ? "claims among faults" : "claims in quiet");
  const overlooked = waiting.find(
    ({ job, score, since }) =>
      job.pool === taken.job.pool &&
      job.id !== taken.job.id &&
      (score < taken.score || (score === taken.score && job.id < taken.job.id)) &&
      since <= at - patience &&
      (frozen || !startsSoon(facts, startsOf.get(job.id) ?? [], at)),
  );
  findings.expect(
    overlooked === undefined,
    () =>
      `Job ${taken.job.id} (score ${taken.score}) was claimed although job ${overlooked?.job.id} (score ${overlooked?.score}) had waited for ${((at - (overlooked?.since ?? at)) / 1000).toFixed(1)} s.`,
  );
}

function startsSoon({ meta }: Facts, starts: readonly EventRow[], at: number): boolean {
  return starts.some(({ created_at }) => {
    const after = monotonic(meta, created_at) - at;
    return after >= -HELD_MS && after <= HELD_MS;
  });
}
