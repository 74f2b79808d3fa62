import { auditHash } from "../../../lib/scheduler/relay/audit-hash.ts";
import type { ActorName, Operation } from "../driver/history.ts";
import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

const FIRST = "0".repeat(64);

/** I30: the audit rows are one chain in which every hash is right; everything that was asked for and answered has its row. */
export function auditChain(facts: Facts): Finding {
  const findings = new Findings("I30", "every change is audited, in one chain");
  checkChain(facts, findings);
  checkCoverage(facts, findings);
  return findings.done();
}

function checkChain({ audit }: Facts, findings: Findings): void {
  const links = audit.filter((row) => row.seq !== null).toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  findings.expect(
    links.length === audit.length,
    () => `${audit.length - links.length} audit rows are not in the chain.`,
  );
  let before = FIRST;
  for (const [index, row] of links.entries()) {
    findings.expect(row.seq === index + 1, () => `After link ${index} comes link ${row.seq}.`);
    findings.expect(row.prev_hash === before, () => `Link ${row.seq} does not point at the one before.`);
    const { id, actor, via, action, object, before: was, after, outcome } = row;
    const said = { id, actor, via, action, object, before: was, after, outcome, userId: row.user_id };
    const whole = { ...said, fromIp: row.from_ip, requestId: row.request_id, createdAt: new Date(row.created_at) };
    findings.expect(
      auditHash(whole, index + 1, before) === row.hash,
      () => `Link ${row.seq} is not what its hash says.`,
    );
    before = row.hash ?? "";
  }
}

function checkCoverage({ audit, history, runs }: Facts, findings: Findings): void {
  const rows = new Set<string>();
  for (const { action, object, outcome, actor, after } of audit) {
    rows.add(`${action} ${object} ${outcome}`);
    const command = (after as { command?: number } | null)?.command;
    if (command !== undefined) rows.add(`${action} ${object} by ${actor} in ${command}`);
  }
  for (const operation of history) checkOperation(operation, rows, findings);
  for (const run of runs) {
    findings.expect(rows.has(`run.claim run:${run.id} done`), () => `The claim of run ${run.id} is not audited.`);
  }
}

const AUDITED: readonly string[] = ["cancel", "reprioritize", "retrigger"];

function checkOperation({ op, actor, outcome, reply }: Operation, rows: ReadonlySet<string>, findings: Findings): void {
  if (outcome !== "ok") return;
  for (const pushId of reply.pushIds ?? []) {
    findings.expect(rows.has(`push.record push:${pushId} done`), () => `Push ${pushId} is not audited.`);
  }
  if (!AUDITED.includes(op) || reply.commandId === undefined) return;
  for (const { jobId, outcome: item } of reply.items ?? []) {
    if (item !== "done" && item !== "refused") continue;
    findings.expect(
      rows.has(rowOf(op, jobId, actor, reply.commandId)),
      () => `That ${actor} asked to ${op} job ${jobId} in command ${reply.commandId} (${item}) is not audited.`,
    );
  }
}

function rowOf(op: string, jobId: number, actor: ActorName, commandId: number): string {
  return `job.${op} job:${jobId} by ${actor} in ${commandId}`;
}
