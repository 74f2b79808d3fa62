import { inFlight } from "../lifecycle/in-flight.ts";
import { median } from "../report/figure.ts";
import { OPERATIONS, type Operation, type Subject } from "./subject.ts";

/** As many calls are under way at once. */
export const IN_FLIGHT = 32;

/** Microseconds per operation. */
export type Costs = Record<Operation, number>;

/** A queue in which so many jobs wait. */
export interface Contender {
  subject: Subject;
  depth: number;
}

/**
 * Measures every operation on every queue, so many of each in a round; in each round all queues have their turn, beginning with another
 * one, so that whatever else the machine does meets all alike. Depths are the same again afterwards. Answers the medians over the rounds;
 * one round before them warms up.
 */
export async function measureCosts(
  contenders: readonly Contender[],
  size: { operations: number; rounds: number },
): Promise<Costs[]> {
  const rounds = contenders.map((): Costs[] => []);
  for (let round = 0; round <= size.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + turn) % contenders.length;
      const contender = contenders[index];
      if (!contender) continue;
      const costs = await measureRound(contender.subject, contender.depth, size.operations);
      if (round > 0) rounds[index]?.push(costs);
    }
  }
  const medianOf = (costs: Costs[], operation: Operation) => median(costs.map((cost) => cost[operation]));
  return rounds.map((costs) => ({
    "claim and finish": medianOf(costs, "claim and finish"),
    add: medianOf(costs, "add"),
    reprioritize: medianOf(costs, "reprioritize"),
    remove: medianOf(costs, "remove"),
  }));
}

/**
 * Microseconds per job where a queue finishes one and takes the next in the same round trip; the median over the rounds, undefined for a
 * queue that cannot. The depth is the same again afterwards.
 */
export async function measureFinishAndClaim(
  { subject, depth }: Contender,
  size: { operations: number; rounds: number },
): Promise<number | undefined> {
  const { finishAndClaim } = subject;
  if (!finishAndClaim) return undefined;
  const count = Math.min(size.operations, Math.ceil(depth / 4));
  const costs: number[] = [];
  for (let round = 0; round < size.rounds; round++) {
    const done: number[] = [];
    const underWay = await Promise.all(Array.from({ length: IN_FLIGHT }, () => subject.claim()));
    const perJob = await cost(count, async () => {
      const job = underWay.shift();
      done.push(subject.jobIdOf(job));
      underWay.push(await finishAndClaim(job));
    });
    for (const job of underWay) {
      await subject.finish(job);
      done.push(subject.jobIdOf(job));
    }
    await inTurn(done.length, (index) => subject.add(done[index] ?? 0));
    costs.push(perJob);
  }
  return median(costs);
}

/** Ms of single claims, one after the other with nothing else under way, in blocks that take turns. */
export async function measureClaims(
  subjects: readonly Subject[],
  size: { claims: number; rounds: number },
): Promise<number[][]> {
  const elapsed = subjects.map((): number[] => []);
  for (let round = 0; round < size.rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = (round + turn) % subjects.length;
      const subject = subjects[index];
      if (subject) elapsed[index]?.push(...(await claimOneByOne(subject, size.claims)));
    }
  }
  return elapsed;
}

async function claimOneByOne(subject: Subject, claims: number): Promise<number[]> {
  const elapsed: number[] = [];
  const claimed: unknown[] = [];
  for (let claim = 0; claim < claims; claim++) {
    const startedAt = performance.now();
    claimed.push(await subject.claim());
    elapsed.push(performance.now() - startedAt);
  }
  for (const job of claimed) {
    await subject.finish(job);
    await subject.add(subject.jobIdOf(job));
  }
  return elapsed;
}

/** A shallow queue is measured in several passes, because each takes a quarter of it away. */
async function measureRound(subject: Subject, depth: number, operations: number): Promise<Costs> {
  const share = Math.min(operations, Math.ceil(depth / 4));
  const passes = Math.ceil(operations / share);
  const sums: Costs = { "claim and finish": 0, add: 0, reprioritize: 0, remove: 0 };
  for (let pass = 0; pass < passes; pass++) {
    const costs = await measurePass(subject, depth, share);
    for (const operation of OPERATIONS) sums[operation] += costs[operation] / passes;
  }
  return sums;
}

async function measurePass(subject: Subject, depth: number, count: number): Promise<Costs> {
  const claimed: number[] = [];
  const claimAndFinish = await cost(count, async () => {
    const job = await subject.claim();
    await subject.finish(job);
    claimed.push(subject.jobIdOf(job));
  });
  const add = await cost(count, (index) => subject.add(claimed[index] ?? 0));
  const someJobs = spread(depth, count);
  const reprioritize = await cost(count, (index) => subject.reprioritize(someJobs[index] ?? 0));
  const otherJobs = spread(depth, count);
  const remove = await cost(count, (index) => subject.remove(otherJobs[index] ?? 0));
  await inTurn(count, (index) => subject.add(otherJobs[index] ?? 0));
  return { "claim and finish": claimAndFinish, add, reprioritize, remove };
}

/** Microseconds per call, with so many under way. */
async function cost(count: number, call: (index: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await inTurn(count, call);
  return ((performance.now() - startedAt) * 1_000) / count;
}

async function inTurn(count: number, call: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await inFlight(IN_FLIGHT, async () => {
    if (next >= count) return false;
    await call(next++);
    return true;
  });
}

/** So many different ids from 1 to `depth`, evenly over all of them, beginning anywhere. */
function spread(depth: number, count: number): number[] {
  const start = Math.floor(Math.random() * depth);
  const step = Math.floor(depth / count);
  return Array.from({ length: count }, (_, index) => 1 + ((start + index * step) % depth));
}
