import type { Sql } from "../sql.ts";

/** Locks a worker's slot until the transaction ends. It comes before every job and run in the lock order. */
export async function lockSlot(tx: Sql, workerId: number, slot: number): Promise<void> {
  // Two 32-bit keys, apart from the one-key locks of the timer.
  await tx.rows({ name: "lock-slot", text: "SELECT pg_advisory_xact_lock(($1::bigint % 2147483647)::int, $2::int)" }, [
    workerId,
    slot,
  ]);
}
