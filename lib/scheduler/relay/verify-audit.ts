import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";
import { AUDIT_COLUMNS, type AuditRow, auditHash, CHAIN_START } from "./audit-hash.ts";
import type { ChainHead } from "./chain-audit.ts";

const PAGE = 2000;

/** What a verification found. `problem` is a sentence about the first link that is wrong. */
export type AuditVerdict =
  | { ok: true; verified: number; head: ChainHead }
  | { ok: false; seq: number; problem: string };

/** A head that was kept outside the database; the chain must still contain it. */
export interface VerifyAuditInput {
  knownHead?: ChainHead;
}

type ChainedRow = AuditRow & { seq: number; prevHash: string | null; hash: string | null };

/** Recomputes the whole audit chain. Finds any row that was changed, removed, added or moved since it was chained. */
export async function verifyAudit(ctx: SchedulerContext, input: VerifyAuditInput = {}): Promise<AuditVerdict> {
  requirePermission(ctx.actor, "maintain");
  let head: ChainHead = { seq: 0, hash: CHAIN_START };
  const { value } = await ctx.sql.one<{ value: number }>("SELECT value FROM counters WHERE name = 'audit'");
  while (head.seq < value) {
    const rows = await ctx.sql.rows<ChainedRow>(
      `SELECT ${AUDIT_COLUMNS}, seq, prev_hash AS "prevHash", hash FROM audit_entries WHERE seq > $1 ORDER BY seq LIMIT $2`,
      [head.seq, PAGE],
    );
    if (rows.length === 0) return broken(head.seq + 1, `is missing, though ${value} were chained`);
    for (const row of rows) {
      const problem = problemOf(row, head, input.knownHead);
      if (problem) return broken(head.seq + 1, problem);
      head = { seq: row.seq, hash: row.hash ?? "" };
    }
  }
  const known = input.knownHead;
  if (known && known.seq > head.seq) return broken(known.seq, "is missing, though it was the head of the chain");
  return { ok: true, verified: head.seq, head };
}

function problemOf(row: ChainedRow, before: ChainHead, known: ChainHead | undefined): string | null {
  if (row.seq !== before.seq + 1) return "is missing";
  if (row.prevHash !== before.hash) return "does not point to the entry before it";
  if (row.hash !== auditHash(row, row.seq, before.hash)) return "was changed after it was chained";
  if (known?.seq === row.seq && known.hash !== row.hash) return "is not what it was when the chain's head was noted";
  return null;
}

function broken(seq: number, problem: string): AuditVerdict {
  return { ok: false, seq, problem: `Audit entry number ${seq} ${problem}.` };
}
