import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** I19: all members that a run served to its end have its one result, and did the same work: one builder, one branch, one pool. */
export function merging({ jobs, runs, members, events }: Facts): Finding {
  const findings = new Findings("I19", "a shared run ends all its jobs alike, once");
  const rows = new Map(jobs.map((job) => [job.id, job]));
  const ended = new Set(
    events.filter((event) => event.type === "job.done").map((event) => `${event.job_id}:${event.run_id}`),
  );
  const ofRun = Map.groupBy(members, (member) => member.run_id);
  for (const run of runs) {
    const mine = (ofRun.get(run.id) ?? []).filter((member) => member.receipt.detached === undefined);
    const together = mine.flatMap((member) => rows.get(member.job_id) ?? []);
    const [first] = together;
    if (together.length > 1) findings.count("shared runs");
    findings.expect(
      together.every(
        (job) => job.builder === first?.builder && job.branch_id === first.branch_id && job.pool_id === first.pool_id,
      ),
      () => `Run ${run.id} serves different work: ${together.map((job) => `${job.id} ${job.builder}`).join(", ")}.`,
    );
    const told = together.filter((job) => ended.has(`${job.id}:${run.id}`));
    if (run.state !== "done" || run.result === "cancelled" || run.result === "retry" || run.result === "exception")
      continue;
    for (const job of together) {
      const whileItServed = told.includes(job) ? job.result === run.result : job.result === "cancelled";
      findings.expect(
        whileItServed,
        () => `Run ${run.id} ended ${run.result} with job ${job.id} in it, which ended ${job.result}.`,
      );
    }
  }
  return findings.done();
}
