import { setTimeout as pass } from "node:timers/promises";
import { Redis } from "ioredis";
import { Client } from "pg";
import { nowMs } from "./clock.ts";

/** How the waiting line of a pool in Redis compared with the rows in PostgreSQL, while nothing moved. */
export interface IndexCheck {
  at: number;
  pool: string;
  waiting: number;
  /** How long it took until both said the same; null: they never did. */
  tookMs: number | null;
  /** Jobs of which the two last said something else: where they are, with what score. */
  differences: { jobId: number; redis: number | null; postgres: number | null }[];
}

const QUEUE = /^\{p:(\d+)\}:q(:[a-z-]+)?$/;
const SHOWN = 20;

/** Compares until both stores agree about the pool, or the time is over. */
export async function checkIndex(
  stores: { databaseUrl: string; redisUrl: string },
  pool: string,
  patienceMs: number,
): Promise<IndexCheck> {
  const client = new Client({ connectionString: stores.databaseUrl });
  const redis = new Redis(stores.redisUrl, { maxRetriesPerRequest: 1, protocol: 2 });
  const began = nowMs();
  try {
    await client.connect();
    for (;;) {
      const rows = await waitingRows(client, pool);
      const differences = compare(await waitingMembers(redis, rows.poolId), rows.scores);
      const at = nowMs();
      const check = { at, pool, waiting: rows.scores.size, differences: differences.slice(0, SHOWN) };
      if (differences.length === 0) return { ...check, tookMs: at - began };
      if (at - began > patienceMs) return { ...check, tookMs: null };
      await pass(50);
    }
  } finally {
    redis.disconnect();
    await client.end();
  }
}

async function waitingRows(client: Client, pool: string) {
  const { rows } = await client.query<{ poolId: number; id: number | null; score: number | null }>(
    `SELECT p.id::int AS "poolId", j.id::int, j.score FROM pools p
     LEFT JOIN jobs j ON j.pool_id = p.id AND j.state = 'queued' WHERE p.name = $1`,
    [pool],
  );
  const scores = new Map<number, number>();
  for (const { id, score } of rows) if (id !== null && score !== null) scores.set(id, score);
  return { poolId: rows[0]?.poolId ?? 0, scores };
}

async function waitingMembers(redis: Redis, poolId: number): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const key of await redis.keys(`{p:${poolId}}:q*`)) {
    if (!QUEUE.test(key)) continue;
    const members = await redis.zrange(key, 0, "-1", "WITHSCORES");
    for (let index = 0; index < members.length; index += 2) {
      found.set(Number(members[index]?.slice(1)), Number(members[index + 1]));
    }
  }
  return found;
}

function compare(redis: Map<number, number>, postgres: Map<number, number>) {
  return [...new Set([...redis.keys(), ...postgres.keys()])]
    .map((jobId) => ({ jobId, redis: redis.get(jobId) ?? null, postgres: postgres.get(jobId) ?? null }))
    .filter((pair) => pair.redis !== pair.postgres);
}
