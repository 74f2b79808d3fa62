import type { MergeWhen } from "../../contracts/placement.ts";
import { ADVISORY_LOCKS } from "../advisory-locks.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** One row that a configuration added, changed, brought back or took out. */
export interface ConfigChange {
  name: string;
  change: "added" | "changed" | "removed";
}

/** What applying a configuration changed. */
export interface ConfigChanges {
  repositories: ConfigChange[];
  branches: ConfigChange[];
  pools: ConfigChange[];
}

/** A pool as it is to be; the head start in milliseconds. */
export interface PoolToBe {
  name: string;
  trustLevel: number;
  headStartMs: number;
  tokenHash: string | null;
  mergeWhen: MergeWhen;
  fastSpeed: number | null;
  reserveWorkers: number;
  reserveBranches: readonly string[];
  idleAbove: number;
}

const POOL_TO_BE = `
  jsonb_to_recordset($1::jsonb) AS n(
    name text, "trustLevel" int, "headStartMs" bigint, "tokenHash" text, "mergeWhen" merge_when, "fastSpeed" float8,
    "reserveWorkers" int, "reserveBranches" text[], "idleAbove" int)`;

/** Waits for whoever else applies a configuration; held to the end of the transaction. */
export async function lockConfig(tx: Sql): Promise<void> {
  await tx.rows("SELECT pg_advisory_xact_lock($1)", [ADVISORY_LOCKS.config]);
}

/** A pool that would change its trust level while jobs of it are unfinished. */
export async function poolsInUse(
  tx: Sql,
  pools: readonly PoolToBe[],
): Promise<{ name: string; trustLevel: number } | undefined> {
  const rows = await tx.rows<{ name: string; trustLevel: number }>(
    `SELECT p.name, p.trust_level AS "trustLevel"
     FROM jsonb_to_recordset($1::jsonb) AS n(name text, "trustLevel" int) JOIN pools p ON p.name = n.name
     WHERE p.trust_level <> n."trustLevel" AND EXISTS (SELECT FROM jobs j WHERE j.pool_id = p.id AND j.state <> 'done')
     ORDER BY p.name LIMIT 1`,
    [toJsonb(pools)],
  );
  return rows[0];
}

/** Writes the repositories that differ and marks those that are not named. */
export async function upsertRepositories(
  tx: Sql,
  repositories: readonly { name: string; url: string; pollSeconds: number }[],
): Promise<ConfigChange[]> {
  const wanted = toJsonb(repositories.map(({ name, url, pollSeconds }) => ({ name, url, pollSeconds })));
  const written = await tx.rows<ConfigChange>(
    `INSERT INTO repositories AS r (name, url, poll_seconds)
     SELECT name, url, "pollSeconds" FROM jsonb_to_recordset($1::jsonb) AS n(name text, url text, "pollSeconds" int)
     WHERE NOT EXISTS (SELECT FROM repositories o WHERE o.name = n.name AND o.url = n.url
                       AND o.poll_seconds = n."pollSeconds" AND o.removed_at IS NULL)
     ORDER BY name
     ON CONFLICT (name) DO UPDATE SET url = excluded.url, poll_seconds = excluded.poll_seconds, removed_at = NULL,
       poll_error = NULL, updated_at = clock_timestamp()
     RETURNING name, CASE WHEN xmax = 0 THEN 'added' ELSE 'changed' END AS change`,
    [wanted],
  );
  return [...written, ...(await removeOthers(tx, "repositories", wanted))];
}

/** Writes the pools that differ and marks those that are not named. */
export async function upsertPools(tx: Sql, pools: readonly PoolToBe[]): Promise<ConfigChange[]> {
  const wanted = toJsonb(pools);
  const written = await tx.rows<ConfigChange>(
    `INSERT INTO pools AS p (name, trust_level, head_start_ms, token_hash, merge_when, fast_speed, reserve_workers,
                             reserve_branches, idle_above)
     SELECT name, "trustLevel", "headStartMs", "tokenHash", "mergeWhen", "fastSpeed", "reserveWorkers",
            "reserveBranches", "idleAbove"
     FROM ${POOL_TO_BE}
     WHERE NOT EXISTS (SELECT FROM pools o WHERE o.name = n.name AND o.trust_level = n."trustLevel"
                       AND o.head_start_ms = n."headStartMs" AND o.token_hash IS NOT DISTINCT FROM n."tokenHash"
                       AND o.merge_when = n."mergeWhen" AND o.fast_speed IS NOT DISTINCT FROM n."fastSpeed"
                       AND o.reserve_workers = n."reserveWorkers" AND o.reserve_branches = n."reserveBranches"
                       AND o.idle_above = n."idleAbove" AND o.removed_at IS NULL)
     ORDER BY name
     ON CONFLICT (name) DO UPDATE SET trust_level = excluded.trust_level, head_start_ms = excluded.head_start_ms,
       token_hash = excluded.token_hash, merge_when = excluded.merge_when, fast_speed = excluded.fast_speed,
       reserve_workers = excluded.reserve_workers, reserve_branches = excluded.reserve_branches,
       idle_above = excluded.idle_above, removed_at = NULL, updated_at = clock_timestamp()
     RETURNING name, CASE WHEN xmax = 0 THEN 'added' ELSE 'changed' END AS change`,
    [wanted],
  );
  return [...written, ...(await removeOthers(tx, "pools", wanted))];
}

function removeOthers(tx: Sql, table: "repositories" | "pools", wanted: string): Promise<ConfigChange[]> {
  return tx.rows<ConfigChange>(
    `UPDATE ${table} t SET removed_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE removed_at IS NULL AND NOT EXISTS (SELECT FROM jsonb_to_recordset($1::jsonb) AS n(name text) WHERE n.name = t.name)
     RETURNING name, 'removed' AS change`,
    [wanted],
  );
}
