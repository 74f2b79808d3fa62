import { randomUUID } from "node:crypto";
import type { Sql } from "../db/sql.ts";
import { insert, makePool, uniqueName } from "./rows.ts";

/** A worker that serves these pools, seen now. */
export async function makeWorker(
  sql: Sql,
  worker: { name?: string; bootId?: string; slots?: number; poolIds?: number[]; speed?: number } = {},
): Promise<number> {
  const workerId = await insert(sql, "workers", {
    name: worker.name ?? uniqueName("worker"),
    boot_id: worker.bootId ?? randomUUID(),
    slots: worker.slots ?? 1,
    speed: worker.speed,
    last_seen_at: new Date(),
  });
  for (const poolId of worker.poolIds ?? [])
    await sql.count("INSERT INTO worker_pools (worker_id, pool_id) VALUES ($1, $2)", [workerId, poolId]);
  return workerId;
}

/** A run that serves these jobs, running with a minute of lease unless told otherwise; the first job is its base. */
export async function makeRun(
  sql: Sql,
  run: { jobIds: number[]; workerId?: number; poolId?: number; slot?: number; state?: string; leaseUntil?: Date },
): Promise<number> {
  const [baseJobId] = run.jobIds;
  if (baseJobId === undefined) throw new Error("A run serves at least one job.");
  const poolId = run.poolId ?? (await makePool(sql));
  const workerId = run.workerId ?? (await makeWorker(sql, { poolIds: [poolId] }));
  const runId = await insert(sql, "runs", {
    worker_id: workerId,
    boot_id: randomUUID(),
    slot: run.slot ?? 0,
    claim_id: randomUUID(),
    base_job_id: baseJobId,
    lead_job_id: baseJobId,
    pool_id: poolId,
    revision: "0".repeat(40),
    state: run.state ?? "running",
    lease_until: run.leaseUntil ?? new Date(Date.now() + 60_000),
  });
  for (const jobId of run.jobIds)
    await sql.count("INSERT INTO run_members (run_id, job_id) VALUES ($1, $2)", [runId, jobId]);
  return runId;
}
