import type { QueueClass } from "../../contracts/placement.ts";
import type { RedisClient } from "../../redis/open-redis.ts";
import { jobIdOf, memberOf, QUEUE_CLASSES, type QueueKeys, queueKeys } from "./keys.ts";
import { QueueNotReady } from "./queue-not-ready.ts";
import {
  aheadScript,
  forgetScript,
  type PerClass,
  pageScript,
  popScript,
  putScript,
  type ReadKeys,
  removeScript,
  sizeScript,
  type WriteKeys,
} from "./queue-scripts.ts";

/** A job's place, with the version of the row that it was read from. */
export interface QueueEntry {
  jobId: number;
  version: number;
  score: number;
  queueClass: QueueClass;
}

/** A job to take out; `final` when it is done, so that its version may be forgotten after a while. */
export interface QueueRemoval {
  jobId: number;
  version: number;
  final: boolean;
}

/** A popped job: a hint that PostgreSQL confirms or not. */
export interface QueueHint {
  poolId: number;
  jobId: number;
  score: number;
  queueClass: QueueClass;
}

/** A job and the set in which it is looked for, or was found. */
export type QueuePlace = Pick<QueueEntry, "jobId" | "queueClass">;

/** What one script reads at most, so that it holds nobody up. */
const PAGE = 500;

/**
 * The waiting line of one pool in Redis, one sorted set per class. It knows order and versions, nothing else about a job. The order is
 * by score and id over all classes, except that those of the class `idle` come after all others.
 */
export class JobQueue {
  readonly poolId: number;
  private readonly redis: RedisClient;
  private readonly keys: QueueKeys;
  private readonly readKeys: ReadKeys;
  private readonly writeKeys: WriteKeys;

  constructor(redis: RedisClient, poolId: number) {
    this.redis = redis;
    this.poolId = poolId;
    this.keys = queueKeys(poolId);
    const { any, fast, reserved, "reserved-fast": reservedFast, idle } = this.keys.queues;
    const queues: PerClass = [any, fast, reserved, reservedFast, idle];
    this.readKeys = [this.keys.epoch, ...queues];
    this.writeKeys = [...queues, this.keys.versions, this.keys.epoch, this.keys.gone];
  }

  /** What writes must name: null while the queue is not ready. Read it before the rows that are to be written. */
  epoch(): Promise<string | null> {
    return this.redis.get(this.keys.epoch);
  }

  /**
   * Adds or moves jobs, also from one class to another, at most 500 at a time. Answers the ids that were refused because Redis was told
   * something newer, or null when the queue was rebuilt or emptied since `epoch` was read: then nothing was written.
   */
  async put(epoch: string, entries: readonly QueueEntry[]): Promise<number[] | null> {
    if (entries.length === 0) return [];
    const args = entries.flatMap(({ jobId, version, score, queueClass }) => [
      memberOf(jobId),
      version,
      score,
      QUEUE_CLASSES.indexOf(queueClass) + 1,
    ]);
    return ids(await putScript(this.redis, this.writeKeys, [epoch, ...args]));
  }

  /** Takes jobs out of every class and ends what holds them, at most 500 at a time; answers as `put` does. `nowMs` dates the final ones. */
  async remove(epoch: string, removals: readonly QueueRemoval[], nowMs: number): Promise<number[] | null> {
    if (removals.length === 0) return [];
    const args = removals.flatMap((job) => [memberOf(job.jobId), job.version, job.final ? 1 : 0]);
    return ids(await removeScript(this.redis, [...this.writeKeys, this.keys.held], [epoch, nowMs, ...args]));
  }

  /**
   * Takes the next jobs of these classes, at most `count`, passing over the avoided ones and those that are held for a waiting worker.
   * Hints: PostgreSQL decides whether they may start.
   */
  pop(classes: readonly QueueClass[], count: number, avoid: readonly number[] = []): Promise<QueueHint[]> {
    return this.first(classes, count, avoid, 1);
  }

  /** What `pop` would take, without taking it. */
  peek(classes: readonly QueueClass[], count: number, avoid: readonly number[] = []): Promise<QueueHint[]> {
    return this.first(classes, count, avoid, 0);
  }

  /** How many jobs of all classes are served before this one; null when it is not in the queue. */
  async ahead(jobId: number): Promise<number | null> {
    const ahead = this.ready(await aheadScript(this.redis, this.readKeys, [memberOf(jobId)]));
    return ahead < 0 ? null : ahead;
  }

  /** The ids at places `offset` (from 0) and after, at most `count`, in the order over all classes. Above 500 it takes several reads. */
  async page(offset: number, count: number): Promise<number[]> {
    const read: number[] = [];
    for (let wanted = Math.min(PAGE, count); wanted > 0; wanted = Math.min(PAGE, count - read.length)) {
      const part = this.ready(await pageScript(this.redis, this.readKeys, [offset + read.length, wanted]));
      read.push(...part.map(jobIdOf));
      if (part.length < wanted) break;
    }
    return read;
  }

  /** How many jobs wait in each class. */
  async sizes(): Promise<Record<QueueClass, number>> {
    const sizes = this.ready(await sizeScript(this.redis, this.readKeys, []));
    const [any = 0, fast = 0, reserved = 0, reservedFast = 0, idle = 0] = sizes;
    return { any, fast, reserved, "reserved-fast": reservedFast, idle };
  }

  /** How many jobs wait in it. */
  async size(): Promise<number> {
    return Object.values(await this.sizes()).reduce((sum, size) => sum + size, 0);
  }

  /** The scores of these jobs in these sets, at most 500 at a time; null for each that is not there. */
  async scores(places: readonly QueuePlace[]): Promise<(number | null)[]> {
    const known = new Map<number, number>();
    const read = [...Map.groupBy(places, (place) => place.queueClass)].map(async ([queueClass, jobs]) => {
      const scores = await this.redis.zmscore(this.keys.queues[queueClass], ...jobs.map((job) => memberOf(job.jobId)));
      for (const [index, score] of scores.entries()) {
        const job = jobs[index];
        if (job && score !== null) known.set(job.jobId, Number(score));
      }
    });
    await Promise.all(read);
    return places.map((place) => known.get(place.jobId) ?? null);
  }

  /** All jobs in it, in no order and some perhaps twice, in pages of about `count`; whatever stays in it meanwhile is told. */
  async *everyPlace(count: number): AsyncGenerator<QueuePlace[]> {
    for (const queueClass of QUEUE_CLASSES) {
      let cursor = "0";
      do {
        const [next, flat] = await this.redis.zscan(this.keys.queues[queueClass], cursor, "COUNT", count);
        cursor = next;
        yield flat.flatMap((member, index) => (index % 2 === 0 ? [{ jobId: jobIdOf(member), queueClass }] : []));
      } while (cursor !== "0");
    }
  }

  /** Forgets the versions of at most `count` jobs that were done before `beforeMs`; answers how many. */
  forget(beforeMs: number, count: number): Promise<number> {
    return forgetScript(this.redis, [this.keys.versions, this.keys.gone], [beforeMs, count]);
  }

  private async first(
    classes: readonly QueueClass[],
    count: number,
    avoid: readonly number[],
    take: 0 | 1,
  ): Promise<QueueHint[]> {
    const { epoch, held, queues } = this.keys;
    const keys = classes.map((queueClass) => queues[queueClass]);
    const last = classes.indexOf("idle") + 1;
    const args = [count, take, last, ...avoid.map(memberOf)] as const;
    const flat = this.ready(await popScript(this.redis, [epoch, held, ...keys], [...args]));
    const hints: QueueHint[] = [];
    for (let index = 0; index < flat.length; index += 3) {
      const queueClass = classes[Number(flat[index + 2]) - 1] ?? "any";
      hints.push({
        poolId: this.poolId,
        jobId: jobIdOf(String(flat[index])),
        score: Number(flat[index + 1]),
        queueClass,
      });
    }
    return hints;
  }

  private ready<Reply>(reply: Reply | null): Reply {
    if (reply === null) throw new QueueNotReady(`The queue of pool ${this.poolId} is being rebuilt.`);
    return reply;
  }
}

function ids(members: string[] | null): number[] | null {
  return members === null ? null : members.map(jobIdOf);
}
