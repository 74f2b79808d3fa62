// What the queue core costs in Redis beside BullMQ on the same server, as it grows to a million jobs; how much memory a waiting job takes;
// and how long an emptied Redis is without its order.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { openRedis, redisReady } from "../lib/redis/open-redis.ts";
import { startServices } from "../scripts/services/services.ts";
import { BULLMQ, openBullMq } from "./queue/bullmq-queue.ts";
import { type DepthCosts, drawDepthPlot } from "./queue/depth-plot.ts";
import { type Measured, queueFigures, rebuildFigures } from "./queue/figures.ts";
import { type Contender, type Costs, measureClaims, measureCosts, measureFinishAndClaim } from "./queue/measure.ts";
import { openOurQueue } from "./queue/our-queue.ts";
import { measureRebuild } from "./queue/rebuild.ts";
import { type Figure, report } from "./report/figure.ts";

/** How much is measured; the defaults are what the targets are about. */
export interface Size {
  /** Jobs that wait in the deepest queue; others have each power of ten before it, from a thousand. */
  jobs: number;
  /** Of each kind, in each round and queue. */
  operations: number;
  rounds: number;
}

const SIZE: Size = { jobs: 1_000_000, operations: 1_000, rounds: 15 };

/** Measures both queues on the Redis at this address, which must be empty and used by nobody else. */
export async function measureQueues(redisUrl: string, { jobs, operations, rounds }: Size): Promise<Measured> {
  const depths = depthsTo(jobs);
  const ours = await Promise.all(depths.map((depth) => openOurQueue(redisUrl, depth)));
  const peers = await Promise.all(depths.map((depth) => openBullMq(redisUrl, `bench-${depth}`)));
  try {
    const grown = { ours: 0, peer: 0 };
    const contenders: Contender[] = [];
    for (const [index, depth] of depths.entries()) {
      const [our, peer] = [ours[index], peers[index]];
      if (!our || !peer) continue;
      grown.ours = await growth(redisUrl, () => our.fill(1, depth));
      grown.peer = await growth(redisUrl, () => peer.fill(1, depth));
      contenders.push({ subject: our, depth }, { subject: peer, depth });
    }
    const costs = await measureCosts(contenders, { operations, rounds });
    const deepest = contenders.slice(-2);
    const [ourClaims = [], peerClaims = []] = await measureClaims(
      deepest.map((contender) => contender.subject),
      { claims: operations / 10, rounds },
    );
    const together = deepest[1] && (await measureFinishAndClaim(deepest[1], { operations, rounds }));
    return {
      jobs,
      depths: depths.map((depth, index) => costsAt(depth, costs.slice(2 * index, 2 * index + 2))),
      memory: grown, // of the last, which is the deepest
      claims: { ours: ourClaims, peer: peerClaims },
      peerTogether: together,
    };
  } finally {
    await Promise.all([...ours, ...peers].map((subject) => subject.close()));
  }
}

function costsAt(depth: number, [ours, peer]: Costs[]): DepthCosts {
  if (!ours || !peer) throw new Error(`Nothing was measured with ${depth} jobs.`);
  return { depth, ours, peer };
}

/** All figures of this benchmark, on a Redis and a PostgreSQL of its own, durable as in production; the plot goes to `plot` if given. */
export async function run(size: Size = SIZE, plot?: string): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-bench-queue-"));
  const options = { secretsFolder: path.join(folder, "secrets"), durable: true };
  try {
    const alone = await startServices({ ...options, folder: path.join(folder, "queues"), kinds: ["redis"] });
    const measured = await measureQueues(alone.env.REDIS_URL ?? "", size).finally(() => alone.stop());
    if (plot) writeFileSync(plot, drawDepthPlot(measured.depths, "BullMQ"));

    const both = await startServices({ ...options, folder: path.join(folder, "both"), kinds: ["database", "redis"] });
    process.env.TEST_DATABASE_URL = both.env.DATABASE_URL;
    process.env.TEST_REDIS_URL = both.env.REDIS_URL;
    const rebuilt = await measureRebuild(size.jobs).finally(() => both.stop());
    return [...queueFigures(measured, BULLMQ), ...rebuildFigures(size.jobs, rebuilt)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The powers of ten from a thousand, and the last depth itself. */
function depthsTo(jobs: number): number[] {
  const powers = Array.from({ length: 8 }, (_, index) => 10 ** (index + 3));
  return [...powers.filter((depth) => depth < jobs), jobs];
}

/** By how many bytes Redis grows meanwhile. */
async function growth(redisUrl: string, work: () => Promise<void>): Promise<number> {
  const redis = openRedis(redisUrl, "background");
  await redisReady(redis);
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
  try {
    const before = await used();
    await work();
    return (await used()) - before;
  } finally {
    redis.disconnect();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { jobs: { type: "string" }, plot: { type: "string" } } });
  const jobs = Number(values.jobs ?? SIZE.jobs);
  if (!Number.isInteger(jobs) || jobs < 2_000) throw new RangeError("--jobs must be a whole number of at least 2000.");
  report(await run({ ...SIZE, jobs }, values.plot));
}
