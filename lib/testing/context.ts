import type { Redis } from "ioredis";
import { openPrisma } from "../db/prisma.ts";
import { type Database, openDatabase } from "../db/sql.ts";
import { openRedis, redisReady } from "../redis/open-redis.ts";
import { openSignals, type RedisSignals } from "../redis/signals.ts";
import type { Actor, SchedulerContext } from "../scheduler/context.ts";
import { PoolQueues } from "../scheduler/queue/pool-queues.ts";
import { freshDatabase } from "./fresh-database.ts";
import { freshRedis } from "./fresh-redis.ts";

/** A context over a database and a Redis of one's own, with what tests do to them. */
export interface TestContext {
  ctx: SchedulerContext;
  sql: Database;
  redis: Redis;
  signals: RedisSignals;
  databaseUrl: string;
  redisUrl: string;
  /** The same stores with another one asking. */
  as(actor: Actor): SchedulerContext;
  /** Closes and removes everything. */
  drop(): Promise<void>;
}

/** Opens a context for one test file; the actor is the system. */
export async function testContext(): Promise<TestContext> {
  const [database, redisServer] = await Promise.all([freshDatabase(), freshRedis()]);
  const sql = openDatabase({ url: database.url, applicationName: "test", max: 20 });
  const prisma = openPrisma({ url: database.url, applicationName: "test" });
  const redis = openRedis(redisServer.url, "background");
  await redisReady(redis);
  const signals = openSignals(redisServer.url);
  const ctx: SchedulerContext = {
    actor: { kind: "system", name: "test", via: "system", ip: null },
    settings: { leaseSeconds: 60, redisTimeoutMs: 2000, retryLimit: 5, lostLimit: 3 },
    sql,
    prisma,
    queues: new PoolQueues(redis, 2000),
    signals,
    requestId: "test",
  };
  return {
    ctx,
    sql,
    redis,
    signals,
    databaseUrl: database.url,
    redisUrl: redisServer.url,
    as: (actor) => ({ ...ctx, actor }),
    drop: async () => {
      signals.close();
      redis.disconnect();
      await Promise.all([sql.close(), prisma.$disconnect()]);
      await Promise.all([database.drop(), redisServer.drop()]);
    },
  };
}
