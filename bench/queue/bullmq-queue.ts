import { Job, Queue, Worker } from "bullmq";
import { parseRedisAddress } from "../../lib/redis/redis-address.ts";
import type { Subject } from "./subject.ts";

/** The version that the package's lock names. */
export const BULLMQ = "bullmq 6.7.0";

const TOKEN = "bench";

/** BullMQ's own bound is 2^21. */
const PRIORITIES = 2_000_000;

/** Opens BullMQ with priorities and without keeping what is done, and drives its worker by hand, so that each call is one script. */
export async function openBullMq(redisUrl: string, name: string): Promise<Subject<Job>> {
  const address = parseRedisAddress(redisUrl);
  const [node] = address?.nodes ?? [];
  const connection = {
    ...node,
    db: address?.database ?? 0,
    password: address?.password ?? "",
    maxRetriesPerRequest: null,
  };
  const queue = new Queue(name, { connection });
  const worker = new Worker(name, null, {
    connection,
    name: "bench",
    autorun: false,
    lockDuration: 3_600_000,
    skipStalledCheck: true,
    skipLockRenewal: true,
    removeOnComplete: { count: 0 }, // here and not with each job, which would take more memory
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const options = (jobId: number) => ({ jobId: `j${jobId}`, priority: priority() });
  return {
    name: "BullMQ",
    fill: async (from, to) => {
      for (let first = from; first <= to; first += 1000) {
        const count = Math.min(1000, to - first + 1);
        await queue.addBulk(
          Array.from({ length: count }, (_, index) => ({ name: "job", data: {}, opts: options(first + index) })),
        );
      }
    },
    add: async (jobId) => {
      await queue.add("job", {}, options(jobId));
    },
    // without reading the job first, which would be a round trip more
    reprioritize: (jobId) => new Job(queue, "job", {}, {}, `j${jobId}`).changePriority({ priority: priority() }),
    remove: async (jobId) => {
      if ((await queue.remove(`j${jobId}`)) !== 1) throw new Error("BullMQ did not remove a job.");
    },
    claim: async () => {
      const job = await worker.getNextJob(TOKEN, { block: false });
      if (!job) throw new Error("BullMQ's queue is empty.");
      return job;
    },
    finish: async (job) => {
      await job.moveToCompleted(0, TOKEN, false);
    },
    finishAndClaim: async (job) => {
      const next = await job.moveToCompleted(0, TOKEN, true);
      if (!next?.[0]) throw new Error("BullMQ's queue is empty.");
      return Job.fromJSON(worker, next[0], next[1]);
    },
    jobIdOf: (job) => Number(job.id?.slice(1)),
    close: async () => {
      await Promise.all([worker.close(true), queue.close()]);
    },
  };
}

function priority(): number {
  return 1 + Math.floor(Math.random() * PRIORITIES);
}
