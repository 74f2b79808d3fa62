import type { TestContext } from "./context.ts";
import { makeFarm } from "./farm.ts";

/** A farm with a worker, and everybody who may do something to it. */
export async function workerToControl(test: TestContext) {
  const farm = await makeFarm(test);
  const worker = await farm.worker();
  if (worker.actor.kind !== "worker") throw new Error("It is no worker.");
  const { name, workerId } = worker.actor;
  const [sheriff, admin] = [await farm.person("sheriff"), await farm.person("admin")];
  return { farm, worker, name, workerId, sheriff, admin };
}

/** What the event stream will tell about a worker, oldest first. */
export async function toldOfWorker({ sql }: TestContext, name: string): Promise<Record<string, unknown>[]> {
  const rows = await sql.rows<{ body: Record<string, unknown> }>(
    "SELECT body FROM events WHERE type = 'worker.changed' AND body->>'worker' = $1 ORDER BY id",
    [name],
  );
  return rows.map((row) => row.body);
}
