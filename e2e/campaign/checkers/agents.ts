import type { Facts } from "../facts.ts";
import { POOLS } from "../load.ts";
import { type Finding, Findings } from "./finding.ts";

/** The jobs of real agents testify themselves, from their shell: one that is a success has begun and come to its end. */
export function agents({ jobs, agentWords }: Facts): Finding {
  const findings = new Findings("I2 I6", "what real agents report has happened");
  for (const job of jobs.filter(({ pool }) => pool === POOLS.agents)) {
    const words = agentWords.filter(({ jobId }) => jobId === job.id);
    const starts = words.filter(({ word }) => word === "start").length;
    const ends = words.filter(({ word }) => word === "end").length;
    findings.count("starts", starts);
    if (starts > 1) findings.count("jobs that started twice");
    findings.expect(
      job.result !== "success" || (starts >= 1 && ends >= 1),
      () => `Job ${job.id} is a success, but its shell began ${starts} times and ended ${ends} times.`,
    );
  }
  return findings.done();
}
