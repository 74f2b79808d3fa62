import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QueueClass } from "../contracts/placement.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { makeBuilder, makeBuildset, makeJob } from "../testing/rows.ts";
import { explainJob } from "./explain-job.ts";
import { getQueue } from "./get-queue.ts";
import { rebuildQueue } from "./relay/rebuild-queue.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** A waiting job; ages and ranks are few, so that many scores are equal and the id decides. */
const waiting = fc.record({
  queueClass: fc.constantFrom(...QueueClass.options),
  priority: fc.integer({ min: -3, max: 3 }),
  ageMinutes: fc.integer({ min: 0, max: 4 }).map((steps) => steps * 10),
});
type Waiting = typeof waiting extends fc.Arbitrary<infer Job> ? Job : never;

async function frozenQueue(jobs: readonly Waiting[], ready: boolean): Promise<{ farm: Farm; jobIds: number[] }> {
  const farm = await makeFarm(test, { ready: false });
  const buildsetId = await makeBuildset(test.sql);
  const builderId = await makeBuilder(test.sql);
  const now = Date.now();
  const jobIds: number[] = [];
  for (const { queueClass, priority, ageMinutes } of jobs) {
    const submittedAt = new Date(now - ageMinutes * 60_000);
    const jobId = await makeJob(test.sql, { poolId: farm.poolId, buildsetId, builderId, priority, submittedAt });
    await test.sql.count("UPDATE jobs SET queue_class = $2::queue_class WHERE id = $1", [jobId, queueClass]);
    jobIds.push(jobId);
  }
  if (ready) await rebuildQueue(test.ctx, { poolIds: [farm.poolId] });
  return { farm, jobIds };
}

/** The jobs in the order in which one worker that may take everything gets them. */
async function claimAll(farm: Farm, count: number): Promise<number[]> {
  const worker = await farm.worker(count + 1);
  const claimed: number[] = [];
  for (let slot = 0; slot < count; slot++) {
    const { runId } = await farm.claimOrThrow(worker, slot);
    const members = await test.sql.rows<{ id: number }>(`SELECT job_id AS id FROM run_members WHERE run_id = $1`, [
      runId,
    ]);
    claimed.push(...members.map((member) => member.id));
  }
  return claimed;
}

describe("the reported position", () => {
  it.each([
    ["from Redis", true, 2_000],
    ["from PostgreSQL, while Redis is not ready", false, 2_000],
    ["with a head of three jobs", true, 3],
  ])(
    "equals the actual claim order of a frozen queue, %s",
    async (_where, ready, headJobs) => {
      await fc.assert(
        fc.asyncProperty(fc.array(waiting, { minLength: 1, maxLength: 14 }), async (jobs) => {
          const { farm, jobIds } = await frozenQueue(jobs, ready);
          const told: { jobId: number; position: number | null }[] = [];
          for (const jobId of jobIds) {
            const { position, ahead } = await explainJob(test.ctx, { jobId, headJobs });
            expect((ahead?.higherRank ?? 0) + (ahead?.older ?? 0)).toBe(ahead?.total);
            told.push({ jobId, position });
          }
          const pages: number[] = [];
          for (let cursor: string | undefined, more = true; more; ) {
            const page = await getQueue(test.ctx, { pool: farm.pool, limit: 3, cursor });
            pages.push(...page.jobs.map((job) => job.id));
            cursor = page.nextCursor ?? undefined;
            more = cursor !== undefined;
          }
          const order = told.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
          expect(order.map(({ position }) => position)).toEqual(order.map((_, index) => index + 1));
          expect(pages).toEqual(order.map(({ jobId }) => jobId));
          expect(await claimAll(farm, jobs.length)).toEqual(order.map(({ jobId }) => jobId));
        }),
        { numRuns: 12 },
      );
    },
    60_000,
  );
});
