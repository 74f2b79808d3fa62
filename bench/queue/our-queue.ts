import { openRedis, redisReady } from "../../lib/redis/open-redis.ts";
import { JobQueue, type QueueEntry, type QueueHint } from "../../lib/scheduler/queue/job-queue.ts";
import { QUEUE_CLASSES } from "../../lib/scheduler/queue/keys.ts";
import { QueueRebuild } from "../../lib/scheduler/queue/queue-rebuild.ts";
import type { Subject } from "./subject.ts";

/** Jobs of the last twelve days, in ms. */
const SPREAD_MS = 1_000_000_000;

/** Opens the queue of a pool as the relay and a claim use it: a new version with every write, a claim that may take of every class. */
export async function openOurQueue(redisUrl: string, poolId: number): Promise<Subject<QueueHint>> {
  const redis = openRedis(redisUrl, "background");
  await redisReady(redis);
  const rebuild = new QueueRebuild(redis, poolId);
  await rebuild.begin();
  await rebuild.swap();
  const queue = new JobQueue(redis, poolId);
  const epoch = (await queue.epoch()) ?? "";
  let version = 1;
  const entry = (jobId: number): QueueEntry => {
    const score = 1_760_000_000_000 + Math.floor(Math.random() * SPREAD_MS);
    return { jobId, version: version++, score, queueClass: "any" };
  };
  const put = async (...entries: QueueEntry[]) => {
    const refused = await queue.put(epoch, entries);
    if (refused?.length !== 0) throw new Error("Our queue refused a job.");
  };
  const remove = async (jobId: number) => {
    const refused = await queue.remove(epoch, [{ jobId, version: version++, final: true }], Date.now());
    if (refused?.length !== 0) throw new Error("Our queue refused a removal.");
  };
  return {
    name: "Self-Serve",
    fill: async (from, to) => {
      for (let first = from; first <= to; first += 500) {
        const count = Math.min(500, to - first + 1);
        await put(...Array.from({ length: count }, (_, index) => entry(first + index)));
      }
    },
    add: (jobId) => put(entry(jobId)),
    reprioritize: (jobId) => put(entry(jobId)),
    remove,
    claim: async () => {
      const [hint] = await queue.pop(QUEUE_CLASSES, 1);
      if (!hint) throw new Error("Our queue is empty.");
      return hint;
    },
    finish: (hint) => remove(hint.jobId),
    jobIdOf: (hint) => hint.jobId,
    close: async () => redis.disconnect(),
  };
}
