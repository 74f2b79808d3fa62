import { randomUUID } from "node:crypto";
import type { RedisClient } from "../../redis/open-redis.ts";
import type { QueueEntry } from "./job-queue.ts";
import { memberOf, QUEUE_CLASSES, type QueueKeys, queueKeys, rebuildKeys } from "./keys.ts";
import { script } from "./script.ts";

/** An abandoned rebuild leaves nothing behind after this. */
const ABANDONED_SECONDS = 600;

const swapScript = script<string[], [token: string], 0 | 1>("swap");

/**
 * The making of a pool's queue anew. Call `begin`, only then read the rows, `fill` with them, `swap`.
 * Until the swap the queue is not ready, so no relay writes meanwhile; what changes after its row was read is dirty and follows.
 */
export class QueueRebuild {
  private readonly redis: RedisClient;
  private readonly poolId: number;
  private readonly token = randomUUID();

  constructor(redis: RedisClient, poolId: number) {
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
    const { queues, versions } = rebuildKeys(this.poolId, this.token);
    const told = entries.flatMap((entry) => [memberOf(entry.jobId), entry.version]);
    const perClass = [...Map.groupBy(entries, (entry) => entry.queueClass)].map(([queueClass, members]) => ({
      queue: queues[queueClass],
      places: members.flatMap((entry) => [entry.score, memberOf(entry.jobId)]),
    }));
    await Promise.all([
      ...perClass.map(({ queue, places }) => this.redis.zadd(queue, ...places)),
      this.redis.hset(versions, ...told),
      ...perClass.map(({ queue }) => this.redis.expire(queue, ABANDONED_SECONDS)),
      this.redis.expire(versions, ABANDONED_SECONDS),
      this.redis.expire(queueKeys(this.poolId).candidate, ABANDONED_SECONDS),
    ]);
  }

  /** Opens the queue with what was filled in; false when Redis was emptied since `begin` or another rebuild began later. */
  async swap(): Promise<boolean> {
    const keys = queueKeys(this.poolId);
    const rebuilt = replaced(rebuildKeys(this.poolId, this.token));
    const all = [...replaced(keys), ...rebuilt, keys.epoch, keys.candidate, keys.gone];
    const swapped = (await swapScript(this.redis, all, [this.token])) === 1;
    if (!swapped) await this.redis.unlink(...rebuilt);
    return swapped;
  }
}

/** What a rebuild makes anew, in the order in which the script gets it. */
function replaced({ queues, versions }: Pick<QueueKeys, "queues" | "versions">): string[] {
  return [...QUEUE_CLASSES.map((queueClass) => queues[queueClass]), versions];
}
