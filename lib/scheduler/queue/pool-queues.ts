import { Cluster } from "ioredis";
import type { QueueClass } from "../../contracts/placement.ts";
import type { RedisClient } from "../../redis/open-redis.ts";
import { inTime } from "./in-time.ts";
import { JobQueue, type QueueHint } from "./job-queue.ts";
import { queueKeys } from "./keys.ts";
import { QueueRebuild } from "./queue-rebuild.ts";
import { WaitingWorkers } from "./waiting-workers.ts";

export { QueueNotReady } from "./queue-not-ready.ts";

/** What a claim may take of one pool. */
export interface PoolWants {
  poolId: number;
  classes: readonly QueueClass[];
}

/**
 * The order of who is next, over all pools. Readers get an answer within `timeoutMs` or a `QueueNotReady`,
 * whatever is wrong with Redis; the relay's writes go through `of` and `rebuild` and wait as long as its client does.
 */
export class PoolQueues {
  /** The workers that wait for work, and what is offered to them. */
  readonly waiting: WaitingWorkers;
  private readonly redis: RedisClient;
  private readonly timeoutMs: number;
  private readonly queues = new Map<number, JobQueue>();

  constructor(redis: RedisClient, timeoutMs: number) {
    this.redis = redis;
    this.timeoutMs = timeoutMs;
    this.waiting = new WaitingWorkers(redis, timeoutMs);
  }

  /** One pool's queue, for the relay. */
  of(poolId: number): JobQueue {
    const known = this.queues.get(poolId);
    if (known) return known;
    const queue = new JobQueue(this.redis, poolId);
    this.queues.set(poolId, queue);
    return queue;
  }

  /** A new making of a pool's queue, for the relay. */
  rebuild(poolId: number): QueueRebuild {
    return new QueueRebuild(this.redis, poolId);
  }

  /** What writes to these pools must name, in their order; null for each that is not ready. For the relay, which asks every second. */
  async epochs(poolIds: readonly number[]): Promise<(string | null)[]> {
    if (poolIds.length === 0) return [];
    const keys = poolIds.map((poolId) => queueKeys(poolId).epoch);
    // a cluster has the pools in different slots, which one command must not mix
    return this.redis instanceof Cluster ? Promise.all(keys.map((key) => this.redis.get(key))) : this.redis.mget(keys);
  }

  /**
   * Takes the jobs with the lowest scores over these pools and classes, at most `count`, lowest first and those of the class `idle` last,
   * passing over `avoid` and what is held for a waiting worker.
   * They are hints: a job that is taken here and does not start must be marked dirty, or else waits for the next sweep.
   */
  pop(wants: readonly PoolWants[], count: number, avoid: readonly number[] = []): Promise<QueueHint[]> {
    return inTime("pop", this.timeoutMs, async () => {
      const open = wants.filter((want) => want.classes.length > 0);
      const [only] = open;
      if (only === undefined || count < 1) return [];
      if (open.length === 1) return this.of(only.poolId).pop(only.classes, count, avoid);
      const shares = await this.shares(open, count, avoid);
      const taken = await Promise.all(
        shares.map(([want, share]) => this.of(want.poolId).pop(want.classes, share, avoid)),
      );
      return taken.flat().sort(byPlace);
    });
  }

  /** How many jobs of the pool are served before this one, over all its classes; null when it is not in the queue. */
  ahead(poolId: number, jobId: number): Promise<number | null> {
    return inTime("ahead", this.timeoutMs, () => this.of(poolId).ahead(jobId));
  }

  /** The pool's job ids at places `offset` (from 0) and after, at most `count`, over all its classes. */
  page(poolId: number, offset: number, count: number): Promise<number[]> {
    return inTime("page", this.timeoutMs, () => this.of(poolId).page(offset, count));
  }

  /** How many jobs wait in the pool's queue. */
  size(poolId: number): Promise<number> {
    return inTime("size", this.timeoutMs, () => this.of(poolId).size());
  }

  /** How many jobs wait in the pool's queue in each class. */
  sizes(poolId: number): Promise<Record<QueueClass, number>> {
    return inTime("sizes", this.timeoutMs, () => this.of(poolId).sizes());
  }

  /** How many of the first `count` jobs over all that is wanted each pool has. */
  private async shares(
    wants: readonly PoolWants[],
    count: number,
    avoid: readonly number[],
  ): Promise<[PoolWants, number][]> {
    const heads = await Promise.all(wants.map(({ poolId, classes }) => this.of(poolId).peek(classes, count, avoid)));
    const first = heads.flat().sort(byPlace).slice(0, count);
    const shares = Map.groupBy(first, (hint) => hint.poolId);
    return wants.flatMap((want): [PoolWants, number][] => {
      const share = shares.get(want.poolId);
      return share ? [[want, share.length]] : [];
    });
  }
}

/** The order of the queue: lowest score first, then lowest id; the class `idle` comes after all others. */
function byPlace(a: QueueHint, b: QueueHint): number {
  const last = Number(a.queueClass === "idle") - Number(b.queueClass === "idle");
  return last || a.score - b.score || a.jobId - b.jobId;
}
