import { type Facts, faultBetween, monotonic } from "../facts.ts";
import { executionsOf } from "./executions.ts";
import { type Finding, Findings } from "./finding.ts";

/** What a busy machine may add to a bound, in ms. The figures say what it really was. */
const GENEROUS_MS = 10_000;
/** I8: after a worker's death its jobs wait again this long after the lease at the latest. */
const AFTER_LEASE_MS = 5_000;
/** I12: an order reaches a worker with the next heartbeat at the latest. */
const ORDER_MS = 5_000;
const DISTURBERS = ["web", "timer", "postgres", "driver"];

/** I8: the jobs of a worker that was killed wait again in time. I12: a worker hears in time that its run was cancelled. */
export function times(facts: Facts): Finding {
  const findings = new Findings("I8 I12", "deaths and orders are noticed in time");
  checkDeaths(facts, findings);
  checkOrders(facts, findings);
  return findings.done();
}

function checkDeaths(facts: Facts, findings: Findings): void {
  const { meta, events, faults } = facts;
  const executions = executionsOf(facts);
  const ends = new Map<number, number>();
  for (const { type, run_id, created_at } of events) {
    if (run_id === null || (type !== "run.lost" && type !== "run.done") || ends.has(run_id)) continue;
    ends.set(run_id, monotonic(meta, created_at));
  }
  const bound = meta.leaseSeconds * 1000 + AFTER_LEASE_MS;
  for (const { kind, target, from } of faults) {
    if (kind !== "kill -9 worker") continue;
    for (const { runId, worker, until, from: began } of executions) {
      if (worker !== target || began > from || until < from - 2_000 || (ends.get(runId) ?? 0) <= from) continue;
      const after = (ends.get(runId) ?? Number.POSITIVE_INFINITY) - from;
      if (faultBetween(facts, DISTURBERS, from, from + bound)) continue;
      findings.max("deathNoticedMs", after);
      findings.expect(
        after <= bound + GENEROUS_MS,
        () => `Run ${runId} of ${target}, which was killed, was given up only ${after.toFixed(0)} ms later.`,
      );
    }
  }
}

function checkOrders(facts: Facts, findings: Findings): void {
  const { meta, events, witness, runs } = facts;
  const workers = new Map(runs.map((run) => [run.id, run.worker]));
  const heard = new Map<number, number>();
  for (const word of witness) {
    if (word.said === "finish" && !heard.has(word.runId)) heard.set(word.runId, word.at);
    if (word.said !== "beat") continue;
    for (const { runId, order } of word.runs) if (order !== "continue" && !heard.has(runId)) heard.set(runId, word.at);
  }
  for (const { type, run_id, created_at } of events) {
    if (type !== "run.cancelling" || run_id === null) continue;
    const at = monotonic(meta, created_at);
    const told = heard.get(run_id);
    const worker = workers.get(run_id) ?? "";
    if (told === undefined || worker.startsWith("agent")) continue; // it died before, or its own journal says nothing of orders
    if (faultBetween(facts, [...DISTURBERS, "worker", "redis"], at - 1_000, Math.max(told, at))) continue;
    findings.max("orderHeardMs", told - at);
    findings.expect(
      told - at <= ORDER_MS + GENEROUS_MS,
      () => `${worker} heard only after ${(told - at).toFixed(0)} ms that its run ${run_id} was cancelled.`,
    );
  }
}
