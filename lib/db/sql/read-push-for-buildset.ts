import type { Sql } from "../sql.ts";

/** A push with what its jobs take from it and its branch. */
export interface PushRow {
  id: number;
  revision: string;
  ownerId: number | null;
  branchId: number;
  branch: string;
  repositoryId: number;
  basePriority: number;
  trustLevel: number;
  /** The database's clock, ms since 1970. */
  nowMs: number;
  /** The buildset that the push itself got before, with its jobs. */
  buildsetId: number | null;
  jobIds: number[];
}

/** What a job takes from its pool. */
export interface PoolRow {
  id: number;
  name: string;
  trustLevel: number;
  headStartMs: number;
  reserveBranches: string[];
}

/** Reads a push and locks its row, so that it gets its own buildset once. */
export async function readPushForBuildset(tx: Sql, pushId: number): Promise<PushRow | undefined> {
  const locked = await tx.rows({ name: "lock-push", text: "SELECT FROM pushes WHERE id = $1 FOR NO KEY UPDATE" }, [
    pushId,
  ]);
  if (locked.length === 0) return undefined;
  return tx.one<PushRow>(
    {
      name: "read-push-for-buildset",
      text: `
        SELECT p.id, p.revision, p.owner_id AS "ownerId", p.branch_id AS "branchId", b.name AS branch,
               b.repository_id AS "repositoryId", b.base_priority AS "basePriority", b.trust_level AS "trustLevel",
               floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs", s.id AS "buildsetId",
               ARRAY (SELECT j.id FROM jobs j WHERE j.buildset_id = s.id ORDER BY j.id) AS "jobIds"
        FROM pushes p
        JOIN branches b ON b.id = p.branch_id
        LEFT JOIN LATERAL (
          SELECT id FROM buildsets WHERE push_id = p.id AND kind = 'push' ORDER BY id LIMIT 1
        ) s ON true
        WHERE p.id = $1`,
    },
    [pushId],
  );
}

/** The pools of these names that have not been removed. */
export function readPoolsByName(sql: Sql, names: readonly string[]): Promise<PoolRow[]> {
  return sql.rows<PoolRow>(
    {
      name: "read-pools-by-name",
      text: `
        SELECT id, name, trust_level AS "trustLevel", head_start_ms AS "headStartMs",
               reserve_branches AS "reserveBranches"
        FROM pools WHERE name = ANY ($1::text[]) AND removed_at IS NULL`,
    },
    [names],
  );
}
