import { type Facts, monotonic } from "../facts.ts";
import { type Execution, executionsOf } from "./executions.ts";
import { type Finding, Findings } from "./finding.ts";

/** What the clocks of two processes' words may differ by, and a commit and its row's time, in ms. */
const SLACK_MS = 50;

/**
 * I4, I7: no slot executes two runs at once, and no job is executed twice at once, unless the product had given up the first run before
 * the second began (a run that is not exclusive goes on and may be taken back). Two executions of an exclusive job never overlap, but
 * for a worker that stood still with all it has.
 */
export function overlap(facts: Facts): Finding {
  const findings = new Findings("I4 I7", "no two executions at once, as the workers saw it");
  const executions = executionsOf(facts);
  for (const list of Map.groupBy(executions, ({ boot, slot }) => `${boot}:${slot}`).values()) {
    for (const [first, second] of neighbours(list)) {
      findings.expect(
        second.from >= first.until,
        () => `Slot ${first.slot} of ${first.worker} executed runs ${first.runId} and ${second.runId} at once.`,
      );
    }
  }
  const byJob = Map.groupBy(
    executions.flatMap((execution) => execution.jobIds.map((jobId) => ({ jobId, execution }))),
    ({ jobId }) => jobId,
  );
  for (const [jobId, list] of byJob) {
    for (const [first, second] of neighbours(list.map(({ execution }) => execution))) {
      if (second.from >= first.until) continue;
      findings.count("overlapping executions");
      findings.expect(isAllowed(facts, jobId, first, second), () => sentenceOf(jobId, first, second));
    }
  }
  findings.count("executions", executions.length);
  return findings.done();
}

function isAllowed(facts: Facts, jobId: number, one: Execution, other: Execution): boolean {
  // The run that was claimed first may be the one that began last: its worker stood still with the answer in its hands.
  const [earlier, later] = one.runId < other.runId ? [one, other] : [other, one];
  if (earlier.exclusive) return stoodStill(facts, earlier);
  const given = facts.events.some(
    ({ type, run_id, job_id, created_at }) =>
      monotonic(facts.meta, created_at) <= later.from + SLACK_MS &&
      ((type === "run.lost" && run_id === earlier.runId) || (type === "job.split" && job_id === jobId)),
  );
  return given || detached(facts, jobId, earlier.runId);
}

/** Taken out of the run for good, by a split or by a cancel that was undone. */
function detached({ members }: Facts, jobId: number, runId: number): boolean {
  return members.some(
    (member) => member.job_id === jobId && member.run_id === runId && member.receipt.detached !== undefined,
  );
}

function stoodStill({ faults }: Facts, { worker, from, until }: Execution): boolean {
  return faults.some(
    (fault) => fault.kind.startsWith("stop") && fault.target === worker && fault.from <= until && fault.until >= from,
  );
}

function neighbours(list: readonly Execution[]): [Execution, Execution][] {
  const sorted = list.toSorted((a, b) => a.from - b.from);
  return sorted.slice(1).map((second, index) => [sorted[index] as Execution, second]);
}

function sentenceOf(jobId: number, first: Execution, second: Execution): string {
  const whose = ({ runId, worker, from, until }: Execution) => `run ${runId} on ${worker} (${from} to ${until})`;
  return `Job ${jobId} was executed by ${whose(first)} and by ${whose(second)} at once.`;
}
