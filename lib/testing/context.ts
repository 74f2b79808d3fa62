import { openPrisma } from "../db/prisma.ts";
import { type Database, openDatabase } from "../db/sql.ts";
import { openRedis, type RedisClient, redisReady } from "../redis/open-redis.ts";
import { openSignals, type RedisSignals } from "../redis/signals.ts";
import type { Actor, SchedulerContext } from "../scheduler/context.ts";
import { PoolQueues } from "../scheduler/queue/pool-queues.ts";
import { WaitingRoom } from "../scheduler/waiting-room.ts";
import { freshDatabase } from "./fresh-database.ts";
import { type FreshRedis, freshRedis } from "./fresh-redis.ts";

/** A context over a database and a Redis of one's own, with what tests do to them. */
export interface TestContext {
  ctx: SchedulerContext;
  sql: Database;
  redis: RedisClient;
  signals: RedisSignals;
  databaseUrl: string;
  redisUrl: string;
  /** What was reported. */
  reports: unknown[];
  /** Loses everything that Redis holds. */
  emptyRedis(): Promise<void>;
  /** The same stores with another one asking. */
  as(actor: Actor): SchedulerContext;
  /** Closes and removes everything. */
  drop(): Promise<void>;
}

/** Opens a context for one test file, with the usual Redis unless another one is started; the actor is the system. */
export async function testContext(startRedis: () => Promise<FreshRedis> = freshRedis): Promise<TestContext> {
  const [database, redisServer] = await Promise.all([freshDatabase(), startRedis()]);
  const sql = openDatabase({ url: database.url, applicationName: "test", max: 20 });
  const prisma = openPrisma({ url: database.url, applicationName: "test" });
  const redis = openRedis(redisServer.url, "background");
  await redisReady(redis);
  const signals = openSignals(redisServer.url);
  const queues = new PoolQueues(redis, 2000);
  const reports: unknown[] = [];
  const ctx: SchedulerContext = {
    actor: { kind: "system", name: "test", via: "system", ip: null },
    settings: { leaseSeconds: 60, redisTimeoutMs: 2000, retryLimit: 5, lostLimit: 3 },
    sql,
    prisma,
    queues,
    signals,
    room: new WaitingRoom({ queues, sql, signals }),
    report: (error) => void reports.push(error),
    requestId: "test",
  };
  return {
    ctx,
    sql,
    redis,
    signals,
    databaseUrl: database.url,
    redisUrl: redisServer.url,
    reports,
    emptyRedis: () => redisServer.empty(),
    as: (actor) => ({ ...ctx, actor }),
    drop: async () => {
      signals.close();
      redis.disconnect();
      await Promise.all([sql.close(), prisma.$disconnect()]);
      await Promise.all([database.drop(), redisServer.drop()]);
    },
  };
}
