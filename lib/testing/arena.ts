import type { SchedulerContext } from "../scheduler/context.ts";
import { rebuildQueue } from "../scheduler/relay/rebuild-queue.ts";
import { relayQueue } from "../scheduler/relay/relay-queue.ts";
import { submitBuildset } from "../scheduler/submit-buildset.ts";
import type { TestContext } from "./context.ts";
import { Farm, makeFarm } from "./farm.ts";
import { definition, makePool, makePush, uniqueName } from "./rows.ts";

/** A pool with one job and one worker: whoever claims there gets this job or none. */
export interface Ring {
  farm: Farm;
  worker: SchedulerContext;
  jobId: number;
}

/** How many pairs of verbs meet at the same time. */
const AT_ONCE = 16;
const RINGS = 100;

/** Many rings, in which pairs of verbs meet, each pair on a job of its own, a hundred jobs at a time. */
export class Arena {
  private readonly test: TestContext;
  private readonly rings: Ring[];

  private constructor(test: TestContext, rings: Ring[]) {
    this.test = test;
    this.rings = rings;
  }

  /** Makes the pools and workers, and their queues in Redis. */
  static async open(test: TestContext): Promise<Arena> {
    const { branchId, ownerId } = await makeFarm(test);
    const rings = await Promise.all(
      Array.from({ length: RINGS }, async () => {
        const pool = uniqueName("pool");
        const farm = new Farm(test, { poolId: await makePool(test.sql, { name: pool }), pool, branchId, ownerId });
        return { farm, worker: await farm.worker(1), jobId: 0 };
      }),
    );
    await rebuildQueue(test.ctx);
    return new Arena(test, rings);
  }

  /** Lets so many pairs meet; `meet` gets a ring with a new job that waits in Redis. */
  async pairs(count: number, meet: (ring: Ring) => Promise<void>): Promise<void> {
    for (let left = count; left > 0; left -= RINGS) await inEach(await this.fill(left), meet);
  }

  /** One push with a job for every pool, or for so many of them, carried to Redis. */
  async fill(most = RINGS): Promise<Ring[]> {
    const rings = this.rings.slice(0, most);
    const [first] = rings;
    const { branchId, ownerId } = first?.farm ?? {};
    const pushId = await makePush(this.test.sql, { ...(branchId && { branchId }), ...(ownerId && { ownerId }) });
    const definitions = rings.map(({ farm: { pool } }) => definition({ name: pool, pool, mergeable: false }));
    const input = { pushId, kind: "push" as const, reason: "A push.", definitions, properties: {} };
    const { jobIds } = await submitBuildset(this.test.ctx, input);
    while ((await relayQueue(this.test.ctx)).more);
    return rings.map((ring, index) => ({ ...ring, jobId: jobIds[index] ?? 0 }));
  }
}

/** Lets a pair meet in each of these rings, a few at a time. */
export async function inEach(rings: readonly Ring[], meet: (ring: Ring) => Promise<void>): Promise<void> {
  const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
    for (let index = lane; index < rings.length; index += AT_ONCE) {
      const ring = rings[index];
      if (ring) await meet(ring);
    }
  });
  await Promise.all(lanes);
}
