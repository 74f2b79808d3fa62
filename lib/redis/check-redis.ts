import { Cluster } from "ioredis";
import type { RedisClient } from "./open-redis.ts";

/** Throws unless Redis answers; of a cluster every node that serves must answer, and every slot must be served. */
export async function checkRedis(redis: RedisClient): Promise<void> {
  if (!(redis instanceof Cluster)) {
    await redis.ping();
    return;
  }
  const info = String(await redis.cluster("INFO"));
  if (!info.includes("cluster_state:ok")) throw new Error("The cluster of Redis does not serve all of its slots.");
  await Promise.all(redis.nodes("master").map((node) => node.ping()));
}
