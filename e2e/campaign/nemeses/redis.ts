import { readdirSync, statSync, truncateSync } from "node:fs";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { Redis } from "ioredis";
import type { World } from "../world.ts";
import type { Nemesis } from "./nemesis.ts";

async function withRedis(world: World, work: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(world.stores.redis.url, { maxRetriesPerRequest: 1, commandTimeout: 20_000, protocol: 2 });
  redis.on("error", () => {}); // the command fails, too
  try {
    await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** A fault that is one command, such as FLUSHALL; `end` is the command that takes it back. */
function command(
  kind: string,
  seconds: readonly [number, number],
  run: (redis: Redis) => Promise<unknown>,
  end?: (redis: Redis) => Promise<unknown>,
): Nemesis {
  return {
    kind: `redis: ${kind}`,
    seconds,
    needs: ["redis"],
    strike: async (world) => {
      await withRedis(world, run);
      return { target: "redis", parts: ["redis"], ...(end && { end: () => withRedis(world, end) }) };
    },
  };
}

function restart(kind: string, seconds: readonly [number, number], between: (world: World) => void): Nemesis {
  return {
    kind: `redis: ${kind}`,
    seconds,
    needs: ["redis"],
    strike: async (world) => {
      await world.stores.redis.kill();
      between(world);
      return { target: "redis", parts: ["redis"], end: () => world.stores.redis.start() };
    },
  };
}

/** Cuts the end off what Redis had written, as a power cut would. */
function truncateAof(world: World): void {
  const folder = path.join(world.stores.folders.redis, "appendonlydir");
  for (const name of readdirSync(folder).filter((file) => file.includes(".incr."))) {
    const file = path.join(folder, name);
    truncateSync(file, Math.max(0, statSync(file).size - 1 - Math.floor(Math.random() * 2_000)));
  }
}

/** Redis dies, forgets, stands still, refuses writes, or comes back with less than it had. */
export const REDIS_NEMESES: readonly Nemesis[] = [
  restart("kill -9", [0.2, 8], () => {}),
  restart("append-only file cut off", [0.1, 1], truncateAof),
  command("FLUSHALL", [0, 0], (redis) => redis.flushall()),
  command("SCRIPT FLUSH", [0, 0], (redis) => redis.script("FLUSH")),
  command("CLIENT PAUSE", [0, 0], (redis) => redis.call("CLIENT", "PAUSE", "3000", "ALL")),
  {
    kind: "redis: DEBUG SLEEP",
    seconds: [0, 0],
    needs: ["redis"],
    strike: async (world) => {
      void withRedis(world, (redis) => redis.call("DEBUG", "SLEEP", "2")).catch(() => {});
      await pass(2_000);
      return { target: "redis", parts: ["redis"] };
    },
  },
  command(
    "no memory left",
    [1, 5],
    (redis) => redis.config("SET", "maxmemory", "1"),
    (redis) => redis.config("SET", "maxmemory", "0"),
  ),
];
