import type { ConfigError, ConfigState } from "../../contracts/push.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** A push with what its scheduling needs to know. */
export interface PushToSchedule {
  id: number;
  revision: string;
  configState: ConfigState;
  branch: { id: number; name: string; ref: string; trustLevel: number };
  repository: { id: number; url: string };
  pools: { name: string; trustLevel: number }[];
}

/** One push, its branch and repository, and the pools of today. */
export function readPushToSchedule(sql: Sql, pushId: number): Promise<PushToSchedule | undefined> {
  return sql.maybe<PushToSchedule>(
    {
      name: "push-to-schedule",
      text: `
        SELECT p.id, p.revision, p.config_state AS "configState",
               json_build_object('id', b.id, 'name', b.name, 'ref', b.ref, 'trustLevel', b.trust_level) AS branch,
               json_build_object('id', r.id, 'url', r.url) AS repository,
               coalesce((SELECT json_agg(json_build_object('name', o.name, 'trustLevel', o.trust_level) ORDER BY o.name)
                         FROM pools o WHERE o.removed_at IS NULL), '[]') AS pools
        FROM pushes p JOIN branches b ON b.id = p.branch_id JOIN repositories r ON r.id = b.repository_id
        WHERE p.id = $1`,
    },
    [pushId],
  );
}

/** The oldest pushes that wait for scheduling for at least this many seconds. */
export async function readPendingPushes(sql: Sql, olderThanSeconds: number, limit: number): Promise<number[]> {
  const rows = await sql.rows<{ id: number }>(
    {
      name: "pending-pushes",
      text: `
        SELECT id FROM pushes
        WHERE config_state = 'pending' AND pushed_at <= clock_timestamp() - make_interval(secs => $1)
        ORDER BY id LIMIT $2`,
    },
    [olderThanSeconds, limit],
  );
  return rows.map((row) => row.id);
}

/** Settles what became of a push's configuration, once; false when that was settled before. */
export async function settleConfig(
  tx: Sql,
  pushId: number,
  state: Exclude<ConfigState, "pending">,
  errors: readonly ConfigError[] | null,
): Promise<boolean> {
  const count = await tx.count(
    {
      name: "settle-config",
      text: `UPDATE pushes SET config_state = $2::config_state, config_errors = $3::jsonb
             WHERE id = $1 AND config_state = 'pending'`,
    },
    [pushId, state, errors && toJsonb(errors)],
  );
  return count === 1;
}
