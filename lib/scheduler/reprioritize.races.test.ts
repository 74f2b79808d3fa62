import { afterAll, beforeAll, expect, it } from "vitest";
import { Arena, inEach, type Ring } from "../testing/arena.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { MortalProcess } from "../testing/crash.ts";
import { PAIRS, soon } from "../testing/race.ts";
import { relayQueue } from "./relay/relay-queue.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";

// Two people move one job at the same moment while a relay that has read an older place stands still: the later commit holds, in
// PostgreSQL and in Redis, also after the relay has gone on (I15).

const WITHIN_MS = 20;
/** Where the relay stands still: after it has read, or after it has written before it clears the marks. */
const DOORS = ["relay_dirty", "script 0"];

let test: TestContext;
let arena: Arena;
beforeAll(async () => {
  test = await testContext();
  arena = await Arena.open(test);
});
afterAll(() => test.drop());

const randomPriority = () => Math.floor(Math.random() * 201) - 100;
const give = ({ farm, jobId }: Ring, priority: number) => reprioritizeJobs(farm.as(), { jobIds: [jobId], priority });

interface Place {
  priority: number;
  score: number;
  dirty: boolean;
  /** What the newest event says. */
  told: number;
}

const readPlace = ({ jobId }: Ring) =>
  test.sql.one<Place>(
    `SELECT priority, score, dirty, (SELECT (body->>'to')::int FROM events e
       WHERE e.job_id = j.id AND type = 'job.reprioritized' ORDER BY id DESC LIMIT 1) AS told
     FROM jobs j WHERE id = $1`,
    [jobId],
  );

async function expectLastEverywhere(rings: readonly Ring[]): Promise<void> {
  await inEach(rings, async (ring) => {
    const { priority, score, dirty, told } = await readPlace(ring);
    expect({ priority, dirty }).toEqual({ priority: told, dirty: false });
    const place = { jobId: ring.jobId, queueClass: "any" as const };
    expect(await test.ctx.queues.of(ring.farm.poolId).scores([place])).toEqual([score]);
  });
}

it(`the later of two holds everywhere, ${Math.min(PAIRS, 2000)} times`, async () => {
  for (let pairs = 0, round = 0; pairs < Math.min(PAIRS, 2000); round++) {
    const rings = await arena.fill();
    await inEach(rings, async (ring) => void (await give(ring, randomPriority())));
    const frozen = new MortalProcess({ kind: "freezes", at: DOORS[round % DOORS.length] ?? 0 });
    const late = relayQueue(frozen.contextOver(test.ctx, test.redis));
    await frozen.stopped;

    await inEach(rings, async (ring) => {
      const one = soon(() => give(ring, randomPriority()), WITHIN_MS);
      const other = soon(() => give(ring, randomPriority()), WITHIN_MS);
      for (const { items } of await Promise.all([one, other])) expect(items[0]?.outcome).not.toBe("refused");
    });
    while ((await relayQueue(test.ctx)).more);
    await expectLastEverywhere(rings);
    frozen.thaw();
    await late;
    await expectLastEverywhere(rings);
    pairs += rings.length;
  }
});
