import type { Sql } from "../sql.ts";
import { cleanText } from "../to-jsonb.ts";

/** A pool that a worker serves or wants to serve. */
export interface PoolOfWorker {
  id: number;
  name: string;
  trustLevel: number;
  tokenHash: string | null;
}

/** What a worker told of itself, with the session that it gets. */
interface Registration {
  workerId: number;
  bootId: string;
  /** It has been started anew: the pools of its earlier start are forgotten. */
  newBoot: boolean;
  slots: number;
  speed: number;
  platform: string;
  version: string;
  poolIds: readonly number[];
  sessionHash: string;
  sessionSeconds: number;
}

/** What is known of a worker that registers. */
interface WorkerToRegister {
  id: number;
  bootId: string | null;
  disabled: boolean;
  controlReason: string | null;
}

/** The pools of these names that have not been removed. */
export function readPoolsToRegister(sql: Sql, names: readonly string[]): Promise<PoolOfWorker[]> {
  const text = `
    SELECT id, name, trust_level AS "trustLevel", token_hash AS "tokenHash"
    FROM pools WHERE name = ANY ($1::text[]) AND removed_at IS NULL`;
  return sql.rows<PoolOfWorker>(text, [names]);
}

/** Makes the worker's row when there is none, locks it, and reads its start and pools. */
export async function lockWorker(tx: Sql, name: string): Promise<WorkerToRegister & { pools: PoolOfWorker[] }> {
  await tx.count("INSERT INTO workers (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", [name]);
  const worker = await tx.one<WorkerToRegister>(
    `SELECT id, boot_id AS "bootId", disabled_at IS NOT NULL AS disabled, control_reason AS "controlReason"
     FROM workers WHERE name = $1 FOR NO KEY UPDATE`,
    [name],
  );
  const pools = await tx.rows<PoolOfWorker>(
    `SELECT p.id, p.name, p.trust_level AS "trustLevel", p.token_hash AS "tokenHash"
     FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id WHERE wp.worker_id = $1 ORDER BY p.id`,
    [worker.id],
  );
  return { ...worker, pools };
}

/** Writes what a locked worker told, its pools and its session. */
export async function saveSession(tx: Sql, registration: Registration): Promise<{ expiresAt: Date }> {
  const { workerId, newBoot, poolIds } = registration;
  if (newBoot) await tx.count("DELETE FROM worker_pools WHERE worker_id = $1", [workerId]);
  await tx.count(
    "INSERT INTO worker_pools (worker_id, pool_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING",
    [workerId, poolIds],
  );
  return tx.one<{ expiresAt: Date }>(
    `UPDATE workers SET boot_id = $2, slots = $3, speed = $4, platform = $5, version = $6, session_hash = $7,
       session_expires_at = clock_timestamp() + make_interval(secs => $8::float8),
       last_seen_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE id = $1 RETURNING session_expires_at AS "expiresAt"`,
    [
      workerId,
      registration.bootId,
      registration.slots,
      registration.speed,
      cleanText(registration.platform),
      cleanText(registration.version),
      registration.sessionHash,
      registration.sessionSeconds,
    ],
  );
}

/** Live runs that an earlier start of the worker has left. */
export async function readLiveRunsOfOtherBoots(sql: Sql, workerId: number): Promise<number[]> {
  const text = `
    SELECT r.id FROM runs r JOIN workers w ON w.id = r.worker_id
    WHERE r.worker_id = $1 AND r.state IN ('running', 'cancelling') AND r.boot_id <> w.boot_id ORDER BY r.id`;
  return (await sql.rows<{ id: number }>(text, [workerId])).map((row) => row.id);
}
