import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";
import { type JobHistory, jobHistories } from "./job-histories.ts";
import { keyOfJob } from "./job-model.ts";
import { search } from "./linearizable.ts";

const MOST_OPERATIONS = 40;
const LIMIT_MS = 1_000;

/** Each job, taken by itself, behaved as if everything done to it had happened at one moment each, whatever processes and links did. */
export function linearizability(facts: Facts): Finding {
  const findings = new Findings("I1 I2 I5", "each job is linearizable");
  for (const { jobId, initial, operations } of jobHistories(facts).map(bounded)) {
    const began = performance.now();
    const verdict = search(operations, initial, keyOfJob, LIMIT_MS);
    findings.max("searchMs", performance.now() - began);
    findings.count("operations", operations.length);
    findings.expect(
      verdict === "linearizable",
      () => `The history of job ${jobId} is ${verdict}: ${operations.map(({ name }) => name).join(", ")}.`,
    );
  }
  return findings.done();
}

/** At most so many operations: reads are left out first; of what is still too long only the beginning counts, its open ends unknown. */
export function bounded({ jobId, initial, operations }: JobHistory): JobHistory {
  const sorted = operations.toSorted((a, b) => a.invokedAt - b.invokedAt);
  let surplus = sorted.length - MOST_OPERATIONS;
  const kept = sorted.filter((operation) => !(operation.isRead && surplus-- > 0));
  const begins = kept[MOST_OPERATIONS]?.invokedAt ?? Number.POSITIVE_INFINITY;
  const first = kept.slice(0, MOST_OPERATIONS).map((operation) => ({
    ...operation,
    returnedAt: operation.returnedAt > begins ? Number.POSITIVE_INFINITY : operation.returnedAt,
  }));
  return { jobId, initial, operations: first };
}
