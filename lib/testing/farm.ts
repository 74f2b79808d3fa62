import { randomUUID } from "node:crypto";
import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import type { JobState, Result } from "../contracts/job.ts";
import type { Role, TokenScope } from "../contracts/me.ts";
import type { MergeWhen } from "../contracts/placement.ts";
import type { FinishInput, Work } from "../contracts/work.ts";
import { claimRun } from "../scheduler/claim-run.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { expireLeases } from "../scheduler/expire-leases.ts";
import { finishRun } from "../scheduler/finish-run.ts";
import { rebuildQueue } from "../scheduler/relay/rebuild-queue.ts";
import { relayQueue } from "../scheduler/relay/relay-queue.ts";
import { submitBuildset } from "../scheduler/submit-buildset.ts";
import type { TestContext } from "./context.ts";
import { definition, makeBranch, makePool, makePush, makeRepository, makeUser, uniqueName } from "./rows.ts";
import { makeWorker } from "./worker-rows.ts";

/** A job's row as tests look at it. */
export interface JobNow {
  id: number;
  state: JobState;
  result: Result | null;
  reason: string | null;
  score: number;
  version: number;
  dirty: boolean;
  lostCount: number;
  retryCount: number;
}

/** A run's end as its worker reports it, with an empty log. */
export function finish(result: Result, part: Partial<FinishInput> = {}): FinishInput {
  return { result, outputs: {}, log: { chunks: 0, bytes: 0, lines: 0, sha256: "0".repeat(64) }, ...part };
}

/** One pool, one branch with an owner, and doors to act as anybody. Each farm of a test file has its own, over the same stores. */
export class Farm {
  readonly test: TestContext;
  readonly poolId: number;
  readonly pool: string;
  readonly branchId: number;
  readonly ownerId: number;

  constructor(test: TestContext, rows: { poolId: number; pool: string; branchId: number; ownerId: number }) {
    this.test = test;
    this.poolId = rows.poolId;
    this.pool = rows.pool;
    this.branchId = rows.branchId;
    this.ownerId = rows.ownerId;
  }

  get ctx(): SchedulerContext {
    return this.test.ctx;
  }

  get sql() {
    return this.test.sql;
  }

  /** Acts as a person: the owner of the pushes unless another one is named. */
  as(user: { userId?: number; login?: string; roles?: Role[]; scopes?: TokenScope[] } = {}): SchedulerContext {
    const { userId = this.ownerId, login = "dev", roles = ["developer"] } = user;
    const scopes = user.scopes ?? ["read", "jobs:write"];
    return this.test.as({ kind: "user", userId, login, roles, scopes, via: "session:1", ip: "127.0.0.1" });
  }

  /** A new person with a role. */
  async person(role: Role, login = uniqueName(role)): Promise<SchedulerContext> {
    return this.as({ userId: await makeUser(this.sql, { login, roles: [role] }), login, roles: [role] });
  }

  /** Acts as a new worker of the pool. */
  async worker(slots = 4, speed = 1): Promise<SchedulerContext> {
    const bootId = randomUUID();
    const name = uniqueName("worker");
    const workerId = await makeWorker(this.sql, { name, bootId, slots, speed, poolIds: [this.poolId] });
    return this.test.as({ kind: "worker", workerId, bootId, name, via: `worker:${workerId}`, ip: null });
  }

  /** Submits a push with these builders; the ids of the jobs in their order. */
  async submit(...builders: Partial<BuilderDefinition>[]): Promise<number[]> {
    const pushId = await makePush(this.sql, { branchId: this.branchId, ownerId: this.ownerId });
    const definitions = (builders.length === 0 ? [{}] : builders).map((part) =>
      definition({ pool: this.pool, ...part }),
    );
    const input = { pushId, kind: "push" as const, reason: "A push.", definitions, properties: {} };
    return (await submitBuildset(this.ctx, input)).jobIds;
  }

  /** Carries everything to Redis. */
  async relay(): Promise<void> {
    while ((await relayQueue(this.ctx)).more);
  }

  /** Claims without waiting. */
  async claim(worker: SchedulerContext, slot = 0, claimId: string = randomUUID()): Promise<Work | null> {
    return (await claimRun(worker, { claimId, slot, pools: [this.pool], waitSeconds: 0 })).work;
  }

  /** Claims, and it must give work. */
  async claimOrThrow(worker: SchedulerContext, slot = 0): Promise<Work> {
    const work = await this.claim(worker, slot);
    if (!work) throw new Error("There was nothing to claim.");
    return work;
  }

  /** Ends a run. */
  finish(worker: SchedulerContext, runId: number, result: Result, part: Partial<FinishInput> = {}) {
    return finishRun(worker, { runId, ...finish(result, part) });
  }

  /** Lets a run's lease end now. */
  async endLease(runId: number): Promise<void> {
    await this.sql.count("UPDATE runs SET lease_until = clock_timestamp() - interval '1 second' WHERE id = $1", [
      runId,
    ]);
  }

  /** Lets a run's lease end, and the reaper see it. */
  async lose(runId: number): Promise<void> {
    await this.endLease(runId);
    await expireLeases(this.ctx);
    if ((await this.runState(runId)) === "running") throw new Error(`Run ${runId} was not lost.`);
  }

  /** A job's row. */
  job(jobId: number): Promise<JobNow> {
    return this.sql.one<JobNow>(
      `SELECT id, state, result, reason, score, queue_version AS version, dirty, lost_count AS "lostCount",
              retry_count AS "retryCount" FROM jobs WHERE id = $1`,
      [jobId],
    );
  }

  /** A run's state. */
  async runState(runId: number): Promise<string> {
    return (await this.sql.one<{ state: string }>("SELECT state FROM runs WHERE id = $1", [runId])).state;
  }

  /** The types of a job's own events, without those of its runs, in their order. */
  async eventsOf(jobId: number): Promise<string[]> {
    const rows = await this.sql.rows<{ type: string }>(
      "SELECT type FROM events WHERE job_id = $1 AND type LIKE 'job.%' ORDER BY id",
      [jobId],
    );
    return rows.map((row) => row.type);
  }

  /** The audit rows about an object, as `action outcome actor`. */
  async auditOf(object: string): Promise<string[]> {
    const rows = await this.sql.rows<{ line: string }>(
      "SELECT action || ' ' || outcome || ' ' || actor AS line FROM audit_entries WHERE object = $1 ORDER BY id",
      [object],
    );
    return rows.map((row) => row.line);
  }
}

/** Makes a farm over stores that are open. `ready`: its queue in Redis exists. Jobs share no run unless `mergeWhen` lets them. */
export async function makeFarm(
  test: TestContext,
  options: { ready?: boolean; basePriority?: number; mergeWhen?: MergeWhen } = {},
): Promise<Farm> {
  const pool = uniqueName("pool");
  const poolId = await makePool(test.sql, { name: pool, mergeWhen: options.mergeWhen ?? "never" });
  const repositoryId = await makeRepository(test.sql);
  const branch = { repositoryId, ...(options.basePriority !== undefined && { basePriority: options.basePriority }) };
  const branchId = await makeBranch(test.sql, branch);
  const ownerId = await makeUser(test.sql);
  const farm = new Farm(test, { poolId, pool, branchId, ownerId });
  if (options.ready ?? true) await rebuildQueue(test.ctx, { poolIds: [poolId] });
  return farm;
}

/** A run of a new job on a farm of its own, so that nobody else has anything to do with it. */
export async function startedRun(test: TestContext, part: Partial<BuilderDefinition> = {}) {
  const farm = await makeFarm(test);
  const [jobId = 0] = await farm.submit(part);
  const worker = await farm.worker();
  const { runId } = await farm.claimOrThrow(worker);
  return { farm, jobId, worker, runId };
}
