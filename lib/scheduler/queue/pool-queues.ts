import type { Redis } from "ioredis";
import { JobQueue, type QueueHint } from "./job-queue.ts";
import { QueueNotReady } from "./queue-not-ready.ts";
import { QueueRebuild } from "./queue-rebuild.ts";

export { QueueNotReady } from "./queue-not-ready.ts";

/**
 * The order of who is next, over all pools. Readers get an answer within `timeoutMs` or a `QueueNotReady`,
 * whatever is wrong with Redis; the relay's writes go through `of` and `rebuild` and wait as long as its client does.
 */
export class PoolQueues {
  private readonly redis: Redis;
  private readonly timeoutMs: number;
  private readonly queues = new Map<number, JobQueue>();

  constructor(redis: Redis, timeoutMs: number) {
    this.redis = redis;
    this.timeoutMs = timeoutMs;
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

  /**
   * Takes the jobs with the lowest scores over these pools, at most `count`, lowest first, passing over `avoid`.
   * They are hints: a job that is taken here and does not start must be marked dirty, or else waits for the next sweep.
   */
  pop(poolIds: readonly number[], count: number, avoid: readonly number[] = []): Promise<QueueHint[]> {
    return this.inTime("pop", async () => {
      const [only] = poolIds;
      if (only === undefined || count < 1) return [];
      if (poolIds.length === 1) return this.of(only).pop(count, avoid);
      const shares = await this.shares(poolIds, count, avoid);
      const taken = await Promise.all(shares.map(([poolId, share]) => this.of(poolId).pop(share, avoid)));
      return taken.flat().sort(byPlace);
    });
  }

  /** How many jobs of the pool are served before this one; null when it is not in the queue. */
  ahead(poolId: number, jobId: number): Promise<number | null> {
    return this.inTime("ahead", () => this.of(poolId).ahead(jobId));
  }

  /** The pool's job ids at places `offset` (from 0) and after, at most `count`. */
  page(poolId: number, offset: number, count: number): Promise<number[]> {
    return this.inTime("page", () => this.of(poolId).page(offset, count));
  }

  /** How many jobs wait in the pool's queue. */
  size(poolId: number): Promise<number> {
    return this.inTime("size", () => this.of(poolId).size());
  }

  /** How many of the first `count` jobs over all these pools each pool has. */
  private async shares(
    poolIds: readonly number[],
    count: number,
    avoid: readonly number[],
  ): Promise<[number, number][]> {
    const avoided = new Set(avoid);
    const heads = await Promise.all(poolIds.map((poolId) => this.of(poolId).peek(count + avoid.length)));
    const first = heads
      .flat()
      .filter((hint) => !avoided.has(hint.jobId))
      .sort(byPlace)
      .slice(0, count);
    const shares = new Map<number, number>();
    for (const hint of first) shares.set(hint.poolId, (shares.get(hint.poolId) ?? 0) + 1);
    return [...shares];
  }

  private async inTime<Reply>(what: string, ask: () => Promise<Reply>): Promise<Reply> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new QueueNotReady(`Redis did not answer "${what}" within ${this.timeoutMs} ms.`)),
      this.timeoutMs,
    );
    try {
      return await Promise.race([ask(), late]);
    } catch (error) {
      if (error instanceof QueueNotReady) throw error;
      throw new QueueNotReady(`Redis could not answer "${what}".`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Lowest score first, then lowest id: the order of the queue. */
function byPlace(a: QueueHint, b: QueueHint): number {
  return a.score - b.score || a.jobId - b.jobId;
}
