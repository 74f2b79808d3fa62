import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { QueueEntry } from "./job-queue.ts";
import { memberOf, queueKeys, rebuildKeys } from "./keys.ts";
import { script } from "./script.ts";

/** An abandoned rebuild leaves nothing behind after this. */
const ABANDONED_SECONDS = 600;

const swapScript = script<
  [queue: string, versions: string, epoch: string, gone: string, candidate: string, queue: string, versions: string],
  [token: string],
  0 | 1
>("swap");

/**
 * The making of a pool's queue anew. Call `begin`, only then read the rows, `fill` with them, `swap`.
 * Until the swap the queue is not ready, so no relay writes meanwhile; what changes after its row was read is dirty and follows.
 */
export class QueueRebuild {
  private readonly redis: Redis;
  private readonly poolId: number;
  private readonly token = randomUUID();

  constructor(redis: Redis, poolId: number) {
    this.redis = redis;
    this.poolId = poolId;
  }

  /** Closes the queue and becomes the only rebuild that may swap; one that began earlier will be refused. */
  async begin(): Promise<void> {
    const { candidate, epoch } = queueKeys(this.poolId);
    await this.redis.set(candidate, this.token, "EX", ABANDONED_SECONDS);
    await this.redis.del(epoch);
  }

  /** Adds entries, at most 500 at a time. */
  async fill(entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const { queue, versions } = rebuildKeys(this.poolId, this.token);
    const places = entries.flatMap((entry) => [entry.score, memberOf(entry.jobId)]);
    const told = entries.flatMap((entry) => [memberOf(entry.jobId), entry.version]);
    await Promise.all([
      this.redis.zadd(queue, ...places),
      this.redis.hset(versions, ...told),
      this.redis.expire(queue, ABANDONED_SECONDS),
      this.redis.expire(versions, ABANDONED_SECONDS),
      this.redis.expire(queueKeys(this.poolId).candidate, ABANDONED_SECONDS),
    ]);
  }

  /** Opens the queue with what was filled in; false when Redis was emptied since `begin` or another rebuild began later. */
  async swap(): Promise<boolean> {
    const { queue, versions, epoch, gone, candidate } = queueKeys(this.poolId);
    const rebuilt = rebuildKeys(this.poolId, this.token);
    const keys = [queue, versions, epoch, gone, candidate, rebuilt.queue, rebuilt.versions] as const;
    const swapped = (await swapScript(this.redis, [...keys], [this.token])) === 1;
    if (!swapped) await this.redis.unlink(rebuilt.queue, rebuilt.versions);
    return swapped;
  }
}
