import { setTimeout as pass } from "node:timers/promises";
import { Redis } from "ioredis";
import { Client } from "pg";
import type { World } from "../world.ts";
import { calmClocks } from "./others.ts";

/** Ends whatever a fault may have left: links pass, processes run, clocks are right, both stores answer. */
export async function calm(world: World): Promise<void> {
  for (const link of world.links.values()) link.set({ kind: "pass" });
  for (const process of [...world.webs, ...world.timers, ...world.workers, ...world.agents]) process.signal("SIGCONT");
  calmClocks(world);
  await untilAnswering(
    () => askPostgres(world),
    () => world.stores.postgres.start(),
  );
  await untilAnswering(
    () => askRedis(world),
    () => world.stores.redis.start(),
  );
}

const TRIES = 5;

async function untilAnswering(ask: () => Promise<unknown>, start: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await start().catch(() => {});
      await pass(500);
    }
  }
}

async function askPostgres(world: World): Promise<void> {
  const client = new Client({ connectionString: world.stores.postgres.url, connectionTimeoutMillis: 5000 });
  client.on("error", () => {}); // the query fails, too
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end().catch(() => {});
  }
}

async function askRedis(world: World): Promise<void> {
  const redis = new Redis(world.stores.redis.url, {
    maxRetriesPerRequest: 0,
    connectTimeout: 3000,
    commandTimeout: 5000,
  });
  redis.on("error", () => {}); // the command fails, too
  try {
    await redis.config("SET", "maxmemory", "0");
  } finally {
    redis.disconnect();
  }
}
