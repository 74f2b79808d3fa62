import type { Facts } from "../facts.ts";
import type { Answer } from "../worker/witness.ts";
import { type Finding, Findings } from "./finding.ts";

/** What the workers write in results that come too late on purpose. */
const LATE_REASON = "Too late.";

/**
 * I3: nothing that a worker writes for a run which is no longer its own takes effect, and each refusal says by a code why. What was
 * accepted is what the run's row says; the same words again get the same answer.
 */
export function fence({ witness, runs }: Facts): Finding {
  const findings = new Findings("I2 I3", "no word that comes too late counts");
  const rows = new Map(runs.map((run) => [run.id, run]));
  for (const word of witness) {
    if (word.said === "late") {
      findings.expect(
        isRefused(word.answer) || isUnknown(word.answer),
        () =>
          `A ${word.route} for run ${word.runId} after its ${word.after} was answered ${JSON.stringify(word.answer)}.`,
      );
      findings.count(isRefused(word.answer) ? `late ${word.route} refused` : "unanswered");
    }
    if (word.said === "repeat") {
      findings.expect(
        word.answer.status === 200 || isUnknown(word.answer),
        () => `The same finish of run ${word.runId} was answered ${JSON.stringify(word.answer)} the second time.`,
      );
    }
    if (word.said !== "finish") continue;
    const row = rows.get(word.runId);
    if (word.answer.status === 200) {
      findings.expect(
        row?.state === "done" && row.result === word.result,
        () => `Run ${word.runId} was told to have ended ${word.result}, but it is ${row?.state} ${row?.result}.`,
      );
    } else {
      findings.expect(
        isRefused(word.answer),
        () => `A finish of run ${word.runId} was answered ${JSON.stringify(word.answer)}.`,
      );
      findings.count("late finish refused");
    }
  }
  for (const run of runs) {
    findings.expect(run.reason !== LATE_REASON, () => `Run ${run.id} has a result that came too late.`);
  }
  return findings.done();
}

function isRefused({ status, code, state }: Answer): boolean {
  return (status === 409 || status === 404) && (code !== undefined || state !== undefined);
}

function isUnknown({ status }: Answer): boolean {
  return status === 0 || status === 503 || status === 429;
}
