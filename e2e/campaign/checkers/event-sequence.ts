import type { StreamLine } from "../driver/event-reader.ts";
import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/**
 * I23: every committed change has one number; numbers have no gap, and those of one job follow its changes. I24: a reader that comes back
 * goes on exactly where it left, whatever happened meanwhile.
 */
export function eventSequence({ events, stream }: Facts): Finding {
  const findings = new Findings("I23 I24", "events without gap or repeat");
  const numbered = events.filter((event) => event.seq !== null).toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  for (const { id, seq, type } of events) findings.expect(seq !== null, () => `Event ${id} (${type}) has no number.`);
  for (const [index, { seq }] of numbered.entries()) {
    findings.expect(seq === index + 1, () => `After number ${index} comes number ${seq}.`);
  }
  const last = new Map<number, number>();
  for (const { id, job_id } of numbered) {
    if (job_id === null) continue;
    const before = last.get(job_id) ?? 0;
    findings.expect(before < id, () => `Event ${id} of job ${job_id} has a later number than event ${before}.`);
    last.set(job_id, id);
  }
  for (const [reader, lines] of Map.groupBy(stream, (line) => line.reader)) checkReader(reader, lines, findings);
  return findings.done();
}

function checkReader(reader: string, lines: readonly StreamLine[], findings: Findings): void {
  let last: number | null = null;
  for (const line of lines) {
    if (line.saw === "opened") findings.count("streams opened");
    if (line.saw === "resync")
      findings.expect(false, () => `${reader} was told to read everything anew at ${line.seq}.`);
    if (line.saw !== "event") continue;
    const before: number | null = last;
    findings.expect(
      before === null || line.seq === before + 1,
      () => `${reader} saw number ${line.seq} after ${before}.`,
    );
    last = line.seq;
  }
  findings.count("events read", lines.filter((line) => line.saw === "event").length);
}
