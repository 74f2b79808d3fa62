import { type Cluster, Redis, type RedisOptions } from "ioredis";

/** One node of Redis, or a cluster of them. What uses it must name its keys, and keep those of one command in one slot. */
export type RedisClient = Redis | Cluster;

/**
 * What a connection is for. `request`: somebody waits for the answer, so it fails at once when Redis is away.
 * `background`: the relay's work, which is repeated anyway and may take its time. `subscriber`: listens only.
 */
export type RedisRole = "request" | "background" | "subscriber";

/** Times in ms. Every command ends: without a limit a lost reply would leave its promise pending for ever. */
const OPTIONS = {
  request: { commandTimeout: 500, socketTimeout: 3000, maxRetriesPerRequest: 1, enableOfflineQueue: false },
  background: { commandTimeout: 5000, socketTimeout: 10_000, maxRetriesPerRequest: 1, enableOfflineQueue: false },
  subscriber: { commandTimeout: 5000, maxRetriesPerRequest: null, enableOfflineQueue: true, autoResubscribe: true },
} as const satisfies Record<RedisRole, RedisOptions>;

/**
 * Opens a connection that reconnects by itself for as long as it takes. It never ends the process: what goes wrong is told to
 * `report`, once per disturbance. RESP 2 is pinned because version 3 changes the shapes of replies.
 */
export function openRedis(url: string, role: RedisRole, report: (error: Error) => void = () => {}): Redis {
  const redis = new Redis(url, {
    ...OPTIONS[role],
    protocol: 2,
    connectTimeout: 3000,
    keepAlive: 5000,
    connectionName: `self-serve-${role}`,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1000),
  });
  let told = "";
  redis.on("error", (error: Error) => {
    if (error.message === told) return;
    told = error.message;
    report(error);
  });
  redis.on("ready", () => {
    told = "";
  });
  return redis;
}

/** Resolves when the connection can be used; rejects after `timeoutMs`. For start-up and tests. */
export function redisReady(redis: Redis, timeoutMs = 5000): Promise<void> {
  if (redis.status === "ready") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      redis.off("ready", ready);
    };
    const ready = () => {
      stop();
      resolve();
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`Redis at ${redis.options.host}:${redis.options.port} was not ready within ${timeoutMs} ms.`));
    }, timeoutMs);
    redis.on("ready", ready);
  });
}
