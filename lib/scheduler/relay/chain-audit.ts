import type { SchedulerContext } from "../context.ts";
import { requirePermission } from "../permissions.ts";
import { AUDIT_COLUMNS, type AuditRow, auditHash, CHAIN_START } from "./audit-hash.ts";

const BATCH = 500;

/** What one round did. */
export interface ChainAuditReport {
  chained: number;
  /** Whether another round would find more. */
  more: boolean;
  /** The end of the chain when this round added to it. Kept outside the database, it shows that nothing was cut off. */
  head: ChainHead | null;
}

/** The last link of the audit chain. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/** Adds the committed audit rows that are not yet in the chain to its end, by id. */
export async function chainAudit(ctx: SchedulerContext): Promise<ChainAuditReport> {
  requirePermission(ctx.actor, "maintain");
  const waiting = await ctx.sql.rows("SELECT 1 FROM audit_entries WHERE seq IS NULL LIMIT 1");
  if (waiting.length === 0) return { chained: 0, more: false, head: null };

  return ctx.sql.transaction(async (tx) => {
    const { value } = await tx.one<{ value: number }>("SELECT value FROM counters WHERE name = 'audit' FOR UPDATE");
    const last = await tx.maybe<{ hash: string }>("SELECT hash FROM audit_entries WHERE seq = $1", [value]);
    const rows = await tx.rows<AuditRow>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_entries WHERE seq IS NULL ORDER BY id LIMIT $1`,
      [BATCH],
    );
    const links = link(rows, { seq: value, hash: last?.hash ?? CHAIN_START });
    await tx.count(
      `UPDATE audit_entries SET seq = link.seq, prev_hash = link.prev_hash, hash = link.hash
       FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS link (id, seq, prev_hash, hash)
       WHERE audit_entries.id = link.id`,
      [links.map((l) => l.id), links.map((l) => l.seq), links.map((l) => l.prevHash), links.map((l) => l.hash)],
    );
    await tx.count("UPDATE counters SET value = value + $1 WHERE name = 'audit'", [links.length]);
    return { chained: links.length, more: links.length === BATCH, head: links.at(-1) ?? null };
  });
}

function link(rows: readonly AuditRow[], end: ChainHead): (ChainHead & { id: number; prevHash: string })[] {
  let { seq, hash } = end;
  return rows.map((row) => {
    const prevHash = hash;
    seq += 1;
    hash = auditHash(row, seq, prevHash);
    return { id: row.id, seq, prevHash, hash };
  });
}
