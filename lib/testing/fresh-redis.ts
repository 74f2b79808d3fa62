import { Redis } from "ioredis";
import { testServices } from "./test-services.ts";

/** A logical database of the test Redis that nobody else uses meanwhile. */
export interface FreshRedis {
  url: string;
  /** Removes everything in it. */
  empty(): Promise<void>;
  /** Empties it and gives it back. */
  drop(): Promise<void>;
}

/** Hands out logical databases in turn; the last one keeps the count. */
const DATABASES = 1024;
const COUNT_KEY = "fresh-redis:count";

/** Makes an empty logical Redis database for one test file. Streams, keys and scripts are its own; pub/sub channels are the server's. */
export async function freshRedis(): Promise<FreshRedis> {
  const { redisUrl } = testServices();
  const count = await withRedis(withIndex(redisUrl, DATABASES - 1), (redis) => redis.incr(COUNT_KEY));
  const url = withIndex(redisUrl, count % (DATABASES - 1));
  const empty = async () => {
    await withRedis(url, (redis) => redis.flushdb());
  };
  await empty();
  return { url, empty, drop: empty };
}

async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 5000 });
  redis.on("error", () => {}); // the command fails as well
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

function withIndex(url: string, index: number): string {
  const changed = new URL(url);
  changed.pathname = `/${index}`;
  return changed.href;
}
