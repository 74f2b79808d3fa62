import type { Env } from "../config/env.ts";
import { openPrisma, type PrismaClient } from "../db/prisma.ts";
import { type Database, openDatabase } from "../db/sql.ts";
import { onReconnect, openRedis, type RedisClient } from "../redis/open-redis.ts";
import { openSignals, type RedisSignals } from "../redis/signals.ts";
import { JOB_LIMITS, type SchedulerContext } from "../scheduler/context.ts";
import { PoolQueues } from "../scheduler/queue/pool-queues.ts";
import { WaitingRoom } from "../scheduler/waiting-room.ts";

/** Nobody waits for the timer's answers, so it may wait longer for Redis than a claim does. */
const REDIS_TIMEOUT_MS = 5000;

/** What the timer opens once. Everything reconnects by itself for as long as it takes. */
export interface Doors {
  sql: Database;
  prisma: PrismaClient;
  redis: RedisClient;
  signals: RedisSignals;
  ctx: SchedulerContext;
  close(): Promise<void>;
}

/** Opens the doors; `report` hears of connections that break. */
export function openDoors(env: Env, report: (error: Error) => void): Doors {
  const sql = openDatabase({ url: env.DATABASE_URL, applicationName: "self-serve timer", onConnectionError: report });
  const prisma = openPrisma({ url: env.DATABASE_URL, applicationName: "self-serve timer", max: 2 });
  const redis = openRedis(env.REDIS_URL, "background", report);
  const signals = openSignals(env.REDIS_URL, report);
  const queues = new PoolQueues(redis, REDIS_TIMEOUT_MS);
  onReconnect(redis, () => signals.send("sweep")); // what was written last may be lost
  return {
    sql,
    prisma,
    redis,
    signals,
    ctx: {
      actor: { kind: "system", name: "timer", via: "system", ip: null },
      settings: { leaseSeconds: env.LEASE_SECONDS, redisTimeoutMs: REDIS_TIMEOUT_MS, ...JOB_LIMITS },
      sql,
      prisma,
      queues,
      signals,
      room: new WaitingRoom({ queues, sql, signals }), // the timer claims nothing; it stays empty
      report: (error) => report(error instanceof Error ? error : new Error(String(error))),
      requestId: "timer",
    },
    close: async () => {
      signals.close();
      redis.disconnect();
      await Promise.all([sql.close(), prisma.$disconnect()]);
    },
  };
}
