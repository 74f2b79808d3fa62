import { expect } from "vitest";
import type { JobState, Result } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";
import type { SchedulerContext } from "../../scheduler/context.ts";
import { memberOf, queueKeys } from "../../scheduler/queue/keys.ts";
import { readBroken } from "./invariants.ts";
import type { Agent, Lane } from "./lane.ts";

/** A run as its worker knows it. */
export interface KnownRun {
  runId: number;
  agent: SchedulerContext;
  claimId: string;
  jobIds: number[];
  /** The result that was answered for it. */
  accepted: Result | null;
}

/** What was asked for with a key, as whoever asked knows it: a command, or the buildset of a push. */
export interface KnownRequest {
  asks: SchedulerContext;
  /** Asks, each time with the same key. */
  send: (ctx: SchedulerContext) => Promise<{ id: number; created: number[] }>;
  /** Null until it was answered. */
  id: number | null;
  undoable: boolean;
}

interface JobRow {
  id: number;
  state: JobState;
  result: Result | null;
  score: number;
  queueClass: QueueClass;
  version: number;
  dirty: boolean;
  restored: number;
}

const JOBS = {
  name: "witness-jobs",
  text: `SELECT id, state, result, score, queue_class AS "queueClass",
                queue_version AS version, dirty,
                (SELECT count(*) FROM events e WHERE e.job_id = j.id AND e.type = 'job.restored') AS restored
         FROM jobs j WHERE id > $1 ORDER BY score, id`,
};

/** What the clients of a history were told, and what must therefore hold. */
export class Witness {
  readonly runs: KnownRun[] = [];
  readonly requests: KnownRequest[] = [];
  /** Jobs that a submission or a retrigger answered with. */
  readonly jobs = new Set<number>();

  private readonly lane: Lane;
  private readonly after: number;
  private readonly ends = new Map<number, string>();

  /** `after`: the last job before this history. */
  constructor(lane: Lane, after: number) {
    this.lane = lane;
    this.after = after;
  }

  /** A claim was answered with a run: always the same one for the same claim. */
  toldRun(run: Omit<KnownRun, "accepted">): void {
    const earlier = this.runs.find(({ claimId }) => claimId === run.claimId);
    if (!earlier) this.runs.push({ ...run, accepted: null });
    else expect(run.runId, "a claim that is repeated gets its run again").toBe(earlier.runId);
  }

  /** A result was answered: a repeat is answered as before. */
  toldResult(run: KnownRun, result: Result): void {
    if (run.accepted !== null) expect(result, "the answer to a result that is repeated").toBe(run.accepted);
    run.accepted = result;
  }

  /** A request was answered: with the same key always in the same way. The jobs that it made are promised. */
  toldRequest(request: KnownRequest, reply: { id: number; created: number[] }): void {
    if (request.id !== null) expect(reply.id, "the answer to a request that is repeated").toBe(request.id);
    request.id = reply.id;
    for (const id of reply.created) this.jobs.add(id);
  }

  /** All that must hold at any moment. */
  async check(): Promise<void> {
    const { sql } = this.lane.test;
    const broken = await readBroken(sql, { after: this.after });
    if (broken.length > 0) throw new Error(broken.map(({ what, id }) => `${what} (${id})`).join("; "));
    const jobs = await this.readJobs();
    const there = new Set(jobs.map(({ id }) => id));
    expect(
      [...this.jobs].filter((id) => !there.has(id)),
      "jobs that were promised and are gone",
    ).toEqual([]);
    for (const { id, state, result, restored } of jobs) {
      const known = this.ends.get(id);
      const now = `${result} after ${restored} restores`;
      if (known?.endsWith(`after ${restored} restores`)) expect(now, `the end of job ${id} is final`).toBe(known);
      if (state === "done") this.ends.set(id, now);
    }
    await this.checkSettled(jobs.filter(({ state, dirty }) => state === "queued" && !dirty));
  }

  /** What waits and is not dirty stands in Redis at its place, or not at all because it was popped or wiped. */
  private async checkSettled(jobs: readonly JobRow[]): Promise<void> {
    const { poolId } = this.lane.farm;
    const scores = await this.lane.test.ctx.queues.of(poolId).scores(jobs.map(toPlace));
    for (const [index, { id, score }] of jobs.entries())
      if (scores[index] != null) expect(scores[index], `job ${id} is settled at its place`).toBe(score);
  }

  /** When all is quiet: Redis is what PostgreSQL says, with ids, order, scores and versions. */
  async checkQueue(): Promise<void> {
    const { test, farm } = this.lane;
    const waiting = (await this.readJobs()).filter(({ state }) => state === "queued");
    const ids = waiting.map(({ id }) => id);
    expect(
      waiting.filter(({ dirty }) => dirty),
      "all is carried",
    ).toEqual([]);
    expect(await test.ctx.queues.page(farm.poolId, 0, 100), "Redis has the order of PostgreSQL").toEqual(ids);
    expect(await test.ctx.queues.of(farm.poolId).scores(waiting.map(toPlace))).toEqual(
      waiting.map(({ score }) => score),
    );
    const told = ids.length > 0 ? await test.redis.hmget(queueKeys(farm.poolId).versions, ...ids.map(memberOf)) : [];
    expect(told.map(Number), "Redis has the versions of PostgreSQL").toEqual(waiting.map(({ version }) => version));
  }

  /** When all is quiet: which job a worker must get next. Those that avoid it are left to the other one. */
  async next(agent: Agent): Promise<number | undefined> {
    const { actor } = agent.ctx;
    const workerId = actor.kind === "worker" ? actor.workerId : null;
    const text = `
      SELECT id FROM jobs WHERE id > $1 AND state = 'queued' AND NOT dirty AND avoid_worker_id IS DISTINCT FROM $2
      ORDER BY score, id LIMIT 1`;
    const [first] = await this.lane.test.sql.rows<{ id: number }>({ name: "witness-next", text }, [
      this.after,
      workerId,
    ]);
    return first?.id;
  }

  /** When all is over: every job has ended, nothing is left anywhere. */
  async checkOver(): Promise<void> {
    await this.check();
    const left = (await this.readJobs()).filter(({ state, dirty }) => state !== "done" || dirty);
    expect(left, "jobs that never end").toEqual([]);
    expect(await this.lane.test.ctx.queues.size(this.lane.farm.poolId), "entries that nobody wants").toBe(0);
  }

  private readJobs(): Promise<JobRow[]> {
    return this.lane.test.sql.rows<JobRow>(JOBS, [this.after]);
  }
}

const toPlace = ({ id: jobId, queueClass }: JobRow) => ({ jobId, queueClass });
