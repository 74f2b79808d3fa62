import type { Sql } from "../sql.ts";

/** A pool that this transaction has locked. */
interface LockedPool {
  id: number;
  paused: boolean;
  pausedNote: string | null;
  removed: boolean;
}

/** Locks a pool by its name. */
export function lockPool(tx: Sql, name: string): Promise<LockedPool | undefined> {
  return tx.maybe<LockedPool>(
    `SELECT id, paused_at IS NOT NULL AS paused, paused_note AS "pausedNote", removed_at IS NOT NULL AS removed
     FROM pools WHERE name = $1 FOR NO KEY UPDATE`,
    [name],
  );
}

/** Pauses a locked pool with a note, or with null lets it give out work again. A pause keeps its beginning when its note changes. */
export async function writePause(tx: Sql, poolId: number, note: string | null, byId: number | null): Promise<void> {
  await tx.count(
    `UPDATE pools SET paused_at = CASE WHEN $2::text IS NOT NULL THEN coalesce(paused_at, clock_timestamp()) END,
       paused_note = $2, paused_by_id = CASE WHEN $2::text IS NOT NULL THEN $3::bigint END, updated_at = clock_timestamp()
     WHERE id = $1`,
    [poolId, note, byId],
  );
}
