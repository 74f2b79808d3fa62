import { ADVISORY_LOCKS } from "../advisory-locks.ts";
import type { Sql } from "../sql.ts";

/**
 * Waits until no claim is being decided and holds up those that come, until the transaction ends: what a control takes out of service, no
 * claim that had looked before can still start afterwards. It comes before everything else in the lock order.
 */
export async function lockControls(tx: Sql): Promise<void> {
  await tx.rows({ name: "lock-controls", text: "SELECT pg_advisory_xact_lock($1::bigint)" }, [ADVISORY_LOCKS.controls]);
}
