import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/**
 * I4, I10, I18: replayed by the database's events, each job is served by one live run at most and each slot of a worker holds one at most;
 * a claim id has one run, whatever was sent twice; in the end nothing is live.
 */
export function liveRuns({ events, runs, members, witness }: Facts): Finding {
  const findings = new Findings("I4 I10 I18", "one live run for each job and each slot");
  const rows = new Map(runs.map((run) => [run.id, run]));
  const ofJob = new Map<number, number>();
  const ofSlot = new Map<string, Set<number>>();
  const slotOf = (runId: number) => {
    const run = rows.get(runId);
    return `${run?.worker}:${run?.slot}`;
  };
  for (const { id, type, job_id, run_id } of events) {
    if (type === "job.started" && job_id !== null && run_id !== null) {
      const other = ofJob.get(job_id);
      findings.expect(
        other === undefined,
        () => `Event ${id}: job ${job_id} starts in run ${run_id} while run ${other} serves it.`,
      );
      ofJob.set(job_id, run_id);
    }
    if (job_id !== null && ["job.requeued", "job.done", "job.cancelled", "job.split"].includes(type))
      ofJob.delete(job_id);
    if (run_id === null) continue;
    const held = ofSlot.get(slotOf(run_id)) ?? new Set();
    if (type === "run.started" || type === "run.readopted") {
      findings.expect(
        held.size === 0,
        () => `Event ${id}: run ${run_id} begins in ${slotOf(run_id)}, which holds ${[...held]}.`,
      );
      ofSlot.set(slotOf(run_id), held.add(run_id));
    }
    if (type === "run.done" || type === "run.lost") held.delete(run_id);
  }
  for (const { run_id, job_id, live } of members) {
    findings.expect(!live, () => `Job ${job_id} is still a live member of run ${run_id} after everything was drained.`);
  }
  checkClaims({ runs, witness }, findings);
  return findings.done();
}

function checkClaims({ runs, witness }: Pick<Facts, "runs" | "witness">, findings: Findings): void {
  const byClaim = Map.groupBy(runs, (run) => `${run.worker}:${run.slot}:${run.claim_id}`);
  for (const [claim, same] of byClaim) {
    findings.expect(same.length === 1, () => `The claim ${claim} has the runs ${same.map((run) => run.id)}.`);
  }
  for (const word of witness) {
    if (word.said !== "claim") continue;
    if (word.tries > 1) findings.count("claims sent again");
    if (word.runId === null) continue;
    const [kept] = byClaim.get(`${word.worker}:${word.slot}:${word.claimId}`) ?? [];
    findings.expect(
      kept?.id === word.runId,
      () => `Claim ${word.claimId} was answered with run ${word.runId}, but has ${kept?.id}.`,
    );
  }
}
