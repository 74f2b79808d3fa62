import { ADVISORY_LOCKS } from "../advisory-locks.ts";
import type { Sql } from "../sql.ts";

/**
 * Waits until no claim is being decided and holds up those that come, until the transaction ends: what a control takes out of service, no
 * claim that had looked before can still start afterwards. It comes before everything else in the lock order.
 */
export async function lockControls(tx: Sql): Promise<void> {
  // A claim waits two seconds at most for a job that somebody else has locked; a control outlasts it.
  const text = "SELECT set_config('lock_timeout', '4s', true), pg_advisory_xact_lock($1::bigint)";
  await tx.rows({ name: "lock-controls", text }, [ADVISORY_LOCKS.controls]);
}
