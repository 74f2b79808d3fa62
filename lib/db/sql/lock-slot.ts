import { ADVISORY_LOCKS } from "../advisory-locks.ts";
import type { Sql } from "../sql.ts";

/**
 * Locks a worker's slot until the transaction ends. It comes before every job and run in the lock order. Whoever gives a slot work shares the
 * lock of the controls from here on: what the transaction reads next, a pause, a closing or a quarantine no longer changes under it.
 */
export async function lockSlot(tx: Sql, workerId: number, slot: number): Promise<void> {
  // Two 32-bit keys, apart from the one-key locks of the timer.
  const text = `
    SELECT pg_advisory_xact_lock_shared($3::bigint), pg_advisory_xact_lock(($1::bigint % 2147483647)::int, $2::int)`;
  await tx.rows({ name: "lock-slot", text }, [workerId, slot, ADVISORY_LOCKS.controls]);
}
