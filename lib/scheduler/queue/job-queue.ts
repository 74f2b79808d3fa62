import type { Redis } from "ioredis";
import { jobIdOf, memberOf, type QueueKeys, queueKeys } from "./keys.ts";
import { QueueNotReady } from "./queue-not-ready.ts";
import { script } from "./script.ts";

/** A job's place, with the version of the row that it was read from. */
export interface QueueEntry {
  jobId: number;
  version: number;
  score: number;
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
}

type WriteKeys = [queue: string, versions: string, epoch: string, gone: string];
const putScript = script<WriteKeys, [epoch: string, ...entries: (string | number)[]], string[] | null>("put");
const removeScript = script<
  WriteKeys,
  [epoch: string, nowMs: number, ...removals: (string | number)[]],
  string[] | null
>("remove");
const popScript = script<[queue: string, epoch: string], [count: number, ...avoided: string[]], string[] | null>("pop");
const forgetScript = script<[versions: string, gone: string], [beforeMs: number, count: number], number>("forget");

/** The waiting line of one pool in Redis. It knows order and versions, nothing else about a job. */
export class JobQueue {
  readonly poolId: number;
  private readonly redis: Redis;
  private readonly keys: QueueKeys;

  constructor(redis: Redis, poolId: number) {
    this.redis = redis;
    this.poolId = poolId;
    this.keys = queueKeys(poolId);
  }

  /** What writes must name: null while the queue is not ready. Read it before the rows that are to be written. */
  epoch(): Promise<string | null> {
    return this.redis.get(this.keys.epoch);
  }

  /**
   * Adds or moves jobs, at most 500 at a time. Answers the ids that were refused because Redis was told something newer,
   * or null when the queue was rebuilt or emptied since `epoch` was read: then nothing was written.
   */
  async put(epoch: string, entries: readonly QueueEntry[]): Promise<number[] | null> {
    if (entries.length === 0) return [];
    const args = entries.flatMap((entry) => [memberOf(entry.jobId), entry.version, entry.score]);
    return ids(await putScript(this.redis, this.writeKeys(), [epoch, ...args]));
  }

  /** Takes jobs out, at most 500 at a time; answers as `put` does. `nowMs` dates the final ones. */
  async remove(epoch: string, removals: readonly QueueRemoval[], nowMs: number): Promise<number[] | null> {
    if (removals.length === 0) return [];
    const args = removals.flatMap((job) => [memberOf(job.jobId), job.version, job.final ? 1 : 0]);
    return ids(await removeScript(this.redis, this.writeKeys(), [epoch, nowMs, ...args]));
  }

  /** Takes the next jobs, at most `count`, passing over the avoided ones. Hints: PostgreSQL decides whether they may start. */
  async pop(count: number, avoid: readonly number[] = []): Promise<QueueHint[]> {
    const { queue, epoch } = this.keys;
    const reply = await popScript(this.redis, [queue, epoch], [count, ...avoid.map(memberOf)]);
    if (reply === null) throw this.notReady();
    return this.hints(reply);
  }

  /** The first jobs, at most `count`, without taking them. */
  async peek(count: number): Promise<QueueHint[]> {
    const { queue, epoch } = this.keys;
    const [ready, first] = await Promise.all([
      this.redis.exists(epoch),
      this.redis.zrange(queue, 0, String(count - 1), "WITHSCORES"),
    ]);
    if (ready === 0) throw this.notReady();
    return this.hints(first);
  }

  /** How many jobs are served before this one; null when it is not in the queue. */
  async ahead(jobId: number): Promise<number | null> {
    const { queue, epoch } = this.keys;
    const [ready, rank] = await Promise.all([this.redis.exists(epoch), this.redis.zrank(queue, memberOf(jobId))]);
    if (ready === 0) throw this.notReady();
    return rank;
  }

  /** The ids at places `offset` (from 0) and after, at most `count`, in the order in which they are served. */
  async page(offset: number, count: number): Promise<number[]> {
    const { queue, epoch } = this.keys;
    const [ready, members] = await Promise.all([
      this.redis.exists(epoch),
      count > 0 ? this.redis.zrange(queue, offset, String(offset + count - 1)) : [],
    ]);
    if (ready === 0) throw this.notReady();
    return members.map(jobIdOf);
  }

  /** How many jobs wait in it. */
  async size(): Promise<number> {
    const { queue, epoch } = this.keys;
    const [ready, size] = await Promise.all([this.redis.exists(epoch), this.redis.zcard(queue)]);
    if (ready === 0) throw this.notReady();
    return size;
  }

  /** The scores of these jobs, null for each that is not in the queue. */
  async scores(jobIds: readonly number[]): Promise<(number | null)[]> {
    if (jobIds.length === 0) return [];
    const scores = await this.redis.zmscore(this.keys.queue, ...jobIds.map(memberOf));
    return scores.map((score) => (score === null ? null : Number(score)));
  }

  /** All ids in it, in no order and some perhaps twice, in pages of about `count`; whatever stays in it meanwhile is told. */
  async *everyId(count: number): AsyncGenerator<number[]> {
    let cursor = "0";
    do {
      const [next, flat] = await this.redis.zscan(this.keys.queue, cursor, "COUNT", count);
      cursor = next;
      yield flat.filter((_, index) => index % 2 === 0).map(jobIdOf);
    } while (cursor !== "0");
  }

  /** Forgets the versions of at most `count` jobs that were done before `beforeMs`; answers how many. */
  forget(beforeMs: number, count: number): Promise<number> {
    return forgetScript(this.redis, [this.keys.versions, this.keys.gone], [beforeMs, count]);
  }

  private writeKeys(): WriteKeys {
    const { queue, versions, epoch, gone } = this.keys;
    return [queue, versions, epoch, gone];
  }

  private hints(flat: readonly string[]): QueueHint[] {
    return flat.flatMap((member, index) =>
      index % 2 === 0 ? [{ poolId: this.poolId, jobId: jobIdOf(member), score: Number(flat[index + 1]) }] : [],
    );
  }

  private notReady(): QueueNotReady {
    return new QueueNotReady(`The queue of pool ${this.poolId} is being rebuilt.`);
  }
}

function ids(members: string[] | null): number[] | null {
  return members === null ? null : members.map(jobIdOf);
}
