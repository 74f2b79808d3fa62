import { Cluster, Redis, type RedisOptions } from "ioredis";
import { parseRedisAddress, REDIS_ADDRESS_EXAMPLE, type RedisAddress } from "./redis-address.ts";

/** One node of Redis, or a cluster of them. Whoever uses it keeps the keys of one command or script in one slot. */
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

/** How often a command follows a slot that has moved, or looks again for a node that went away, each after 100 ms. */
const REDIRECTIONS = { request: 4, background: 30 } as const;

/**
 * Opens a connection that reconnects by itself for as long as it takes. It never ends the process: what goes wrong is told to
 * `report`, once per disturbance. RESP 2 is pinned because version 3 changes the shapes of replies. In a cluster a subscriber listens to
 * one node, which hears everything, and to the next one when that goes away. Throws a RangeError for what is no address of Redis.
 */
export function openRedis(url: string, role: "subscriber", report?: (error: Error) => void): Redis;
export function openRedis(url: string, role: RedisRole, report?: (error: Error) => void): RedisClient;
export function openRedis(url: string, role: RedisRole, report: (error: Error) => void = () => {}): RedisClient {
  const address = parseRedisAddress(url);
  if (!address) throw new RangeError(`An address of Redis is malformed: it must be such as ${REDIS_ADDRESS_EXAMPLE}.`);
  const redis = address.cluster && role !== "subscriber" ? openCluster(address, role) : openNode(address, role);
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

/** Calls back whenever a connection to Redis, or to a node of the cluster, is there again: what was written last may be lost. */
export function onReconnect(redis: RedisClient, callback: () => void): void {
  redis.on("ready", callback);
  if (redis instanceof Cluster) redis.on("+node", callback);
}

/** Resolves when the connection can be used; rejects after `timeoutMs`. For start-up and tests. */
export function redisReady(redis: RedisClient, timeoutMs = 5000): Promise<void> {
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
      const where = redis instanceof Redis ? `at ${redis.options.host}:${redis.options.port}` : "as a cluster";
      reject(new Error(`Redis ${where} was not ready within ${timeoutMs} ms.`));
    }, timeoutMs);
    redis.on("ready", ready);
  });
}

function openNode(address: RedisAddress, role: RedisRole): Redis {
  const [first] = address.nodes;
  const redis: Redis = new Redis({
    ...optionsOf(address, role),
    ...first,
    db: address.database,
    enableOfflineQueue: OPTIONS[role].enableOfflineQueue,
    retryStrategy: (attempt) => {
      Object.assign(redis.options, address.nodes[attempt % address.nodes.length]);
      return backOff(attempt);
    },
  });
  return redis;
}

function openCluster(address: RedisAddress, role: "request" | "background"): Cluster {
  return new Cluster([...address.nodes], {
    redisOptions: optionsOf(address, role),
    enableOfflineQueue: OPTIONS[role].enableOfflineQueue,
    maxRedirections: REDIRECTIONS[role],
    slotsRefreshInterval: 5000,
    slotsRefreshTimeout: 3000,
    clusterRetryStrategy: backOff,
    // a certificate names hosts, not what they resolve to
    ...(address.tls && { dnsLookup: (host, done) => done(null, host) }),
  });
}

function optionsOf(address: RedisAddress, role: RedisRole) {
  const { enableOfflineQueue: _, ...options } = OPTIONS[role];
  return {
    ...options,
    protocol: 2,
    connectTimeout: 3000,
    keepAlive: 5000,
    connectionName: `self-serve-${role}`,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.tls && { tls: {} }),
  } as const satisfies RedisOptions;
}

function backOff(attempt: number): number {
  return Math.min(50 * attempt, 1000);
}
