import type { EventRow } from "../dump.ts";
import { type Facts, faultBetween, machineBusy, monotonic } from "../facts.ts";
import { POISON } from "../load.ts";
import type { WitnessLine } from "../worker/witness.ts";
import { type Finding, Findings } from "./finding.ts";

/** What a heartbeat's words and the database's times may differ by, in ms. */
const SLACK_MS = 100;
/** A fault may begin this much earlier than the lease that it costs: a heartbeat is under way, the leader looks every two seconds. */
const LOOK_MS = 5_000;

/**
 * I6: no lease ends within a lease of a heartbeat that was confirmed, and none because Redis was away, emptied or slow, because a clock was
 * wrong, or because a timer died. I9: a job that always kills its worker ends after three, and says so.
 */
export function requeues(facts: Facts): Finding {
  const findings = new Findings("I6 I9", "no healthy worker loses its lease");
  const beats = Map.groupBy(
    facts.witness.filter((word) => word.said === "beat"),
    (word) => word.worker,
  );
  const workers = new Map(facts.runs.map((run) => [run.id, run.worker]));
  for (const event of facts.events) {
    if (event.type === "job.requeued") findings.count("requeues");
    if (event.type === "run.readopted") findings.count("readopted");
    if (event.type !== "run.lost" || event.run_id === null) continue;
    findings.count(`lost: ${event.body.cause}`);
    if (event.body.cause !== "expired") continue;
    const worker = workers.get(event.run_id) ?? "";
    checkLease(facts, event, event.run_id, worker, beats.get(worker) ?? [], findings);
  }
  checkPoison(facts, findings);
  return findings.done();
}

function checkLease(
  facts: Facts,
  event: EventRow,
  runId: number,
  worker: string,
  beats: readonly WitnessLine[],
  findings: Findings,
): void {
  const leaseMs = facts.meta.leaseSeconds * 1000;
  const lostAt = monotonic(facts.meta, event.created_at);
  const confirmed = beats.findLast(
    (word) =>
      word.said === "beat" &&
      word.at < lostAt &&
      word.runs.some((run) => run.runId === runId && run.order === "continue"),
  );
  const sentAt = confirmed?.said === "beat" ? confirmed.sentAt : Number.NEGATIVE_INFINITY;
  findings.expect(
    lostAt + SLACK_MS >= sentAt + leaseMs,
    () => `Run ${runId} of ${worker} was lost ${(lostAt - sentAt).toFixed(0)} ms after a heartbeat that was confirmed.`,
  );
  const since = lostAt - leaseMs - LOOK_MS;
  const crashed = facts.witness.some(
    (word) => word.said === "crash" && word.worker === worker && word.at >= since && word.at <= lostAt,
  );
  const disturbed = facts.faults.some(
    ({ target, from, until }) =>
      (target === worker || target.startsWith(`${worker} `)) && from <= lostAt && until >= since,
  );
  if (machineBusy(facts, since, lostAt)) {
    findings.count("not judged on a busy machine");
    return;
  }
  findings.expect(
    crashed || disturbed || faultBetween(facts, ["web", "postgres"], since, lostAt),
    () => `Run ${runId} of ${worker} was lost although nothing was wrong with it, the webs or PostgreSQL.`,
  );
}

function checkPoison({ jobs, witness }: Facts, findings: Findings): void {
  for (const job of jobs.filter(({ builder }) => builder === POISON)) {
    const crashes = witness.filter((word) => word.said === "crash" && word.jobIds.includes(job.id)).length;
    findings.count("workers killed by their job", crashes);
    findings.expect(
      job.result === "exception" && job.lost_count === 3 && crashes <= 3,
      () => `Job ${job.id} killed ${crashes} workers and ended ${job.result} after ${job.lost_count} losses.`,
    );
  }
}
