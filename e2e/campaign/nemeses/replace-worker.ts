import { setTimeout as pass } from "node:timers/promises";
import { Client } from "pg";
import type { Nemesis } from "./nemesis.ts";

const PATIENCE_MS = 40_000;
const LOOK_EVERY_MS = 100;

/**
 * A worker stands still until its runs are lost and somebody else executes one of their jobs, and then goes on as if nothing had been: what
 * it says now comes too late. Unlike a stop of some seconds, this does so on a machine of any speed.
 */
export const REPLACED_WORKER: Nemesis = {
  kind: "stop worker until others have its jobs",
  seconds: [0, 0],
  needs: ["frozen worker"],
  strike: async (world) => {
    const client = new Client({ connectionString: world.stores.postgres.url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => {}); // other faults end sessions; the query fails, too
    await client.connect();
    try {
      const name = await until(() => busiestWorker(client));
      const victim = world.workers.find((worker) => worker.name === name);
      if (!name || !victim) throw new Error("No worker was busy enough to be replaced.");
      victim.signal("SIGSTOP");
      try {
        const runs = await until(() => runningRuns(client, name));
        await until(() => isReplaced(client, runs ?? []));
      } finally {
        victim.signal("SIGCONT");
      }
      return { target: name, parts: ["worker"] };
    } finally {
      await client.end().catch(() => {});
    }
  },
};

/** What the look finds, or null when the time is over. Other faults may take the connection away: then it finds nothing more. */
async function until<T>(look: () => Promise<T | null>): Promise<T | null> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look().catch(() => null);
    if (found !== null || performance.now() > deadline) return found;
    await pass(LOOK_EVERY_MS);
  }
}

/** The scripted worker with the most live runs, when it has two at least. */
async function busiestWorker(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT w.name FROM runs r JOIN workers w ON w.id = r.worker_id
     WHERE r.state = 'running' AND NOT r.exclusive AND w.name LIKE 'worker-%'
     GROUP BY w.name HAVING count(*) >= 2 ORDER BY count(*) DESC LIMIT 1`,
  );
  return rows[0]?.name ?? null;
}

async function runningRuns(client: Client, worker: string): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    "SELECT r.id::int FROM runs r JOIN workers w ON w.id = r.worker_id WHERE r.state = 'running' AND w.name = $1",
    [worker],
  );
  return rows.map(({ id }) => id);
}

/** True when none of the runs is live and a job of one of them is in another live run; null otherwise. */
async function isReplaced(client: Client, runs: readonly number[]): Promise<true | null> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM run_members old JOIN run_members new ON new.job_id = old.job_id AND new.live
     WHERE old.run_id = ANY ($1) AND NOT new.run_id = ANY ($1)
       AND NOT EXISTS (SELECT 1 FROM runs WHERE id = ANY ($1) AND state = 'running') LIMIT 1`,
    [runs],
  );
  return rowCount === 1 ? true : null;
}
