import { Cluster, type Redis } from "ioredis";
import type { RedisClient } from "../redis/open-redis.ts";
import { type FreshRedis, freshRedis } from "./fresh-redis.ts";
import { freshRedisCluster } from "./redis-cluster.ts";

/** What the queue must work on: for `describe.each`, the name and what starts an empty one. */
export const REDIS_KINDS: readonly [name: string, start: () => Promise<FreshRedis>][] = [
  ["on one node", freshRedis],
  ["on a cluster", freshRedisCluster],
];

/** The servers behind a client, each with a connection of its own. */
export function nodesOf(redis: RedisClient): Redis[] {
  return redis instanceof Cluster ? redis.nodes("master") : [redis];
}

/** All keys of all nodes that begin with this. */
export async function keysOf(redis: RedisClient, prefix = ""): Promise<string[]> {
  return (await Promise.all(nodesOf(redis).map((node) => node.keys(`${prefix}*`)))).flat();
}
