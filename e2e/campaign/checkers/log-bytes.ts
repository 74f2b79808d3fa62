import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** I27: the log of a run that its worker ended is byte for byte what the worker sent; of every other run no accepted byte is lost. */
export function logBytes({ witness, runs }: Facts): Finding {
  const findings = new Findings("I27", "no byte of a log is lost, doubled or moved");
  const rows = new Map(runs.map((run) => [run.id, run]));
  const accepted = new Map<number, number>();
  for (const word of witness) {
    if (word.said === "chunk")
      accepted.set(word.runId, Math.max(accepted.get(word.runId) ?? 0, word.offset + word.bytes));
    if (word.said !== "finish" || word.answer.status !== 200) continue;
    const run = rows.get(word.runId);
    findings.expect(
      run?.log_sha256 === word.sha256 &&
        run.log_bytes === word.bytes &&
        (run.file_sha256 === word.sha256 || word.bytes === 0),
      () =>
        `The log of run ${word.runId} was sent as ${word.bytes} bytes, ${word.sha256}; kept are ${run?.log_bytes} bytes, ${run?.log_sha256}, and in the file ${run?.file_sha256}.`,
    );
    findings.count("bytes", word.bytes);
  }
  for (const [runId, bytes] of accepted) {
    const kept = rows.get(runId)?.log_bytes ?? 0;
    findings.expect(
      kept >= bytes,
      () => `Of the log of run ${runId} ${bytes} bytes were accepted and ${kept} are there.`,
    );
  }
  return findings.done();
}
