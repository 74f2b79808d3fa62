import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { Client } from "pg";
import { identify, isAlive, type ProcessIdentity, sendSignal } from "../../../scripts/services/processes.ts";
import type { World } from "../world.ts";
import type { Nemesis } from "./nemesis.ts";

const PRODUCT_SESSIONS =
  "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'self-serve%' ORDER BY random() LIMIT";

async function withPostgres<T>(world: World, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: world.stores.postgres.url, connectionTimeoutMillis: 5000 });
  client.on("error", () => {}); // its end is what some faults are about
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** What `pg_ctl stop -m immediate` does: no checkpoint, no farewell; the next start recovers from the log. */
const restart: Nemesis = {
  kind: "postgres: immediate restart",
  seconds: [0.1, 6],
  needs: ["postgres"],
  strike: async (world) => {
    const file = path.join(world.stores.folders.postgres, "process.json");
    const server = JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
    if (identify(server.pid)) sendSignal(server.pid, "SIGQUIT");
    while (isAlive(server)) await pass(20);
    return { target: "postgres", parts: ["postgres"], end: () => world.stores.postgres.start() };
  },
};

/** PostgreSQL takes a child that was killed for a sign of broken memory, ends all sessions and recovers. */
const killChild: Nemesis = {
  kind: "postgres: kill -9 of a child",
  seconds: [0, 0],
  needs: ["postgres"],
  strike: async (world) => {
    const { rows } = await withPostgres(world, (client) => client.query<{ pid: number }>(`${PRODUCT_SESSIONS} 1`));
    for (const { pid } of rows) sendSignal(pid, "SIGKILL");
    await pass(1_000); // it takes about half a second to be back
    return { target: "postgres", parts: ["postgres"] };
  },
};

const endSessions: Nemesis = {
  kind: "postgres: sessions ended",
  seconds: [0, 0],
  needs: ["postgres"],
  strike: async (world, random) => {
    const count = 1 + random.below(15);
    await withPostgres(world, (client) =>
      client.query(`SELECT pg_terminate_backend(pid) FROM (${PRODUCT_SESSIONS} ${count}) s`),
    );
    return { target: "postgres", parts: ["postgres"], detail: `${count} sessions` };
  },
};

/** Somebody's forgotten transaction holds locks on some jobs or on a whole table. */
const lock: Nemesis = {
  kind: "postgres: a rogue session holds locks",
  seconds: [0.5, 4],
  needs: ["postgres"],
  strike: async (world, random) => {
    const client = new Client({ connectionString: world.stores.postgres.url, connectionTimeoutMillis: 5000 });
    client.on("error", () => {}); // whoever ends it ends the fault
    await client.connect();
    const statement = random.pick([
      "SELECT FROM (SELECT id FROM jobs WHERE state <> 'done' ORDER BY random() LIMIT 20) j JOIN jobs USING (id) FOR UPDATE OF jobs",
      "SELECT FROM runs WHERE state = 'running' LIMIT 10 FOR UPDATE",
      "SELECT FROM counters WHERE name = 'events' FOR UPDATE",
      "LOCK TABLE run_members IN SHARE MODE",
    ]);
    await client.query("BEGIN; SET LOCAL lock_timeout = '2s'");
    await client.query(statement).catch(() => {});
    return { target: "postgres", parts: ["postgres"], detail: statement, end: () => client.end().catch(() => {}) };
  },
};

/** PostgreSQL dies, loses sessions, or waits for somebody else's locks. */
export const POSTGRES_NEMESES: readonly Nemesis[] = [restart, killChild, endSessions, lock];
