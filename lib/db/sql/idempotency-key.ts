import type { Sql } from "../sql.ts";

/** What a key stands for: the request that first used it, and the command that it became. */
export interface KnownKey {
  bodyHash: string;
  commandId: number;
}

/**
 * Takes a key for a request that names it first: undefined, or what an earlier one has made of it. Waits for an earlier request that is
 * still under way. First in the lock order; the row stays locked until the transaction ends.
 */
export async function takeKey(tx: Sql, actor: string, key: string, bodyHash: string): Promise<KnownKey | undefined> {
  const insert = {
    name: "take-key",
    text: "INSERT INTO idempotency_keys (actor, key, body_hash) VALUES ($1, $2, $3) ON CONFLICT (actor, key) DO NOTHING",
  };
  if ((await tx.count(insert, [actor, key, bodyHash])) === 1) return undefined;
  return tx.one<KnownKey>(
    {
      name: "read-key",
      text: `
        SELECT body_hash AS "bodyHash", (reply->>'commandId')::bigint AS "commandId"
        FROM idempotency_keys WHERE actor = $1 AND key = $2 FOR UPDATE`,
    },
    [actor, key],
  );
}

/** Keeps which command a key became. */
export async function keepCommandOfKey(tx: Sql, actor: string, key: string, commandId: number): Promise<void> {
  const text =
    "UPDATE idempotency_keys SET reply = jsonb_build_object('commandId', $3::bigint) WHERE actor = $1 AND key = $2";
  await tx.count({ name: "keep-command-of-key", text }, [actor, key, commandId]);
}
