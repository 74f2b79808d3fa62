import type { Sql } from "../sql.ts";

/** A branch that this transaction has locked. */
interface LockedBranch {
  id: number;
  closed: boolean;
  closedReason: string | null;
}

/** Locks a branch by its short name. */
export function lockBranch(tx: Sql, name: string): Promise<LockedBranch | undefined> {
  return tx.maybe<LockedBranch>(
    `SELECT id, closed_at IS NOT NULL AS closed, closed_reason AS "closedReason"
     FROM branches WHERE name = $1 FOR NO KEY UPDATE`,
    [name],
  );
}

/** Closes a locked branch with a reason, or with null opens it. A closing keeps its beginning when its reason changes. */
export async function writeClosing(
  tx: Sql,
  branchId: number,
  reason: string | null,
  byId: number | null,
): Promise<void> {
  await tx.count(
    `UPDATE branches SET closed_at = CASE WHEN $2::text IS NOT NULL THEN coalesce(closed_at, clock_timestamp()) END,
       closed_reason = $2, closed_by_id = CASE WHEN $2::text IS NOT NULL THEN $3::bigint END,
       updated_at = clock_timestamp()
     WHERE id = $1`,
    [branchId, reason, byId],
  );
}
