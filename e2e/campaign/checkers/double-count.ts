import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** Events that end a job. */
const ENDS = new Set(["job.done", "job.cancelled", "job.skipped"]);

/** I2: a job has one counted result, that of the newest run which served it; a run has at most one end. */
export function doubleCount({ jobs, runs, members, events }: Facts): Finding {
  const findings = new Findings("I2", "one counted result for each job");
  const newest = new Map<number, number>();
  for (const { job_id, run_id } of members) newest.set(job_id, Math.max(run_id, newest.get(job_id) ?? 0));
  const ofJob = Map.groupBy(
    events.filter((event) => event.job_id !== null),
    (event) => event.job_id,
  );
  for (const job of jobs) {
    const mine = ofJob.get(job.id) ?? [];
    const ends = mine.filter((event) => ENDS.has(event.type));
    const restored = mine.filter((event) => event.type === "job.restored").length;
    findings.expect(
      ends.length - restored === (job.state === "done" ? 1 : 0),
      () => `Job ${job.id} is ${job.state}; it was ended ${ends.length} times and restored ${restored} times.`,
    );
    const last = ends.at(-1);
    if (job.state !== "done" || !last) continue;
    const shown = last.type === "job.cancelled" ? "cancelled" : last.body.result;
    findings.expect(shown === job.result, () => `Job ${job.id} shows ${job.result}, but its end said ${shown}.`);
    if (last.type === "job.done" && last.run_id !== null) {
      findings.expect(
        last.run_id === newest.get(job.id),
        () => `Run ${last.run_id} spoke for job ${job.id}, which run ${newest.get(job.id)} had by then.`,
      );
    }
  }
  const runEnds = Map.groupBy(
    events.filter((event) => event.type === "run.done"),
    (event) => event.run_id,
  );
  for (const run of runs) {
    const ends = runEnds.get(run.id)?.length ?? 0;
    findings.expect(
      ends === (run.state === "done" ? 1 : 0) && (run.state === "done" || run.state === "lost"),
      () => `Run ${run.id} is ${run.state} and was ended ${ends} times.`,
    );
  }
  return findings.done();
}
