import { type Facts, monotonic } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** Shifted clocks are an hour wrong; a time of the database is never this far outside of the episode. */
const TOLERANCE_MS = 5 * 60_000;

/** I39: clocks of processes decide nothing: no time in the database is by one of those that were an hour wrong. */
export function clocks(facts: Facts): Finding {
  const findings = new Findings("I39", "only the database's clock counts");
  const { meta, jobs, runs, events, faults } = facts;
  findings.count("clocks set wrong", faults.filter((fault) => fault.parts.includes("clock")).length);
  const end = meta.drainedAt ?? meta.calmAt + meta.drainSeconds * 1000;
  const look = (what: string, time: string | null) => {
    if (time === null) return;
    const at = monotonic(meta, time);
    findings.expect(at >= meta.startedAt - TOLERANCE_MS && at <= end + TOLERANCE_MS, () => `${what} is dated ${time}.`);
  };
  for (const job of jobs) {
    look(`The submission of job ${job.id}`, job.submitted_at);
    look(`The start of job ${job.id}`, job.started_at);
    look(`The end of job ${job.id}`, job.ended_at);
  }
  for (const run of runs) look(`The start of run ${run.id}`, run.started_at);
  for (const event of events) look(`Event ${event.id}`, event.created_at);
  return findings.done();
}
