import type { Pool } from "../contracts/pool.ts";
import type { Database } from "../db/sql.ts";

const LOOK_BACK_EVENTS = 50_000;

/** Leases lost in the last hour, looked for among the newest 50,000 events. */
export async function leasesLostLastHour(sql: Database): Promise<number> {
  const { lost } = await sql.one<{ lost: number }>(
    `SELECT count(*) AS lost FROM events
     WHERE id > (SELECT coalesce(max(id), 0) FROM events) - ${LOOK_BACK_EVENTS}
       AND type = 'run.lost' AND created_at > clock_timestamp() - interval '1 hour'`,
  );
  return lost;
}

/** Pools and lost leases in the text format of Prometheus. */
export function queueMetrics(pools: readonly Pool[], leasesLost: number, nowMs: number): string {
  const age = ({ oldestQueuedAt }: Pool) =>
    oldestQueuedAt ? Math.max(0, nowMs - Date.parse(oldestQueuedAt)) / 1_000 : 0;
  const perPool = (name: string, help: string, value: (pool: Pool) => number) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...pools.map((pool) => `${name}{pool="${pool.name}"} ${value(pool)}`),
  ];
  return [
    ...perPool("selfserve_queue_depth", "Jobs that wait.", (pool) => pool.queued),
    ...perPool("selfserve_queue_oldest_seconds", "How long the oldest of them has waited.", age),
    ...perPool("selfserve_jobs_running", "Jobs that run.", (pool) => pool.running),
    ...perPool("selfserve_pool_paused", "1 while the pool gives out no work.", (pool) =>
      pool.pausedAt === null ? 0 : 1,
    ),
    ...perPool("selfserve_workers_online", "Workers that were heard of lately.", (pool) => pool.workersOnline),
    "# HELP selfserve_leases_lost_last_hour Runs whose worker fell silent in the last hour.",
    "# TYPE selfserve_leases_lost_last_hour gauge",
    `selfserve_leases_lost_last_hour ${leasesLost}`,
    "",
  ].join("\n");
}
