import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { QueueClass } from "../../contracts/placement.ts";
import { afterNeeds, quantiles, runningOutcome } from "./forecast.ts";
import { ROUNDS, type SimulatedPool, type SimulatedRun, type SimulatedSlot, simulate } from "./simulate.ts";

const RULES = { fastSpeed: null, fastOnline: 0, reserveWorkers: 0, idleAbove: 0 };
const MINUTE = 60_000;

const samples = fc.array(fc.integer({ min: 1, max: 60 * MINUTE }), { minLength: 1, maxLength: 50 });
const slot = (runId: number): fc.Arbitrary<SimulatedSlot> =>
  fc.record({
    fast: fc.boolean(),
    busy: fc.option(
      fc.record({ runId: fc.constant(runId), elapsedMs: fc.integer({ min: 0, max: 70 * MINUTE }), samples }),
    ),
  });
const run = (jobId: number, queueClass: fc.Arbitrary<QueueClass>): fc.Arbitrary<SimulatedRun> =>
  fc.record({ jobId: fc.constant(jobId), queueClass, samples });

/** Slots and runs in a pool in which every worker may take everything. */
const plainPool = poolOf(fc.constant<QueueClass>("any"), fc.constant(RULES));
/** The same with all classes and rules. */
const classedPool = poolOf(
  fc.constantFrom(...QueueClass.options.filter((one) => one !== "idle")),
  fc.record({
    fastSpeed: fc.constantFrom(null, 2),
    fastOnline: fc.integer({ min: 0, max: 3 }),
    reserveWorkers: fc.integer({ min: 0, max: 2 }),
    idleAbove: fc.integer({ min: 0, max: 2 }),
  }),
);

function poolOf(
  queueClass: fc.Arbitrary<QueueClass>,
  rules: fc.Arbitrary<SimulatedPool["rules"]>,
): fc.Arbitrary<SimulatedPool> {
  return fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 12 })).chain(([slots, jobs]) =>
    fc.record({
      rules,
      slots: fc.tuple(...Array.from({ length: slots }, (_, index) => slot(index + 1))),
      ahead: fc.tuple(...Array.from({ length: jobs }, (_, index) => run(index + 100, queueClass))),
      beyond: fc.constantFrom({ meanMs: 0, variance: 0 }, { meanMs: 90 * MINUTE, variance: (10 * MINUTE) ** 2 }),
      job: run(99, queueClass),
      ridesWith: fc.constant(null),
    }),
  );
}

/** Whether no future of the one comes earlier than the same future of the other, apart from rounding. */
const neverEarlier = (later: Float64Array, earlier: Float64Array) =>
  later.every((moment, round) => moment >= (earlier[round] ?? 0) - 1e-3);

describe("a simulated pool", () => {
  it("never promises P90 before P50, nor a finish before its start", () => {
    fc.assert(
      fc.property(classedPool, (pool) => {
        const { startMs, finishMs } = simulate(pool);
        expect(neverEarlier(finishMs, startMs)).toBe(true);
        const start = quantiles(startMs);
        const finish = quantiles(finishMs);
        if (!start || !finish) return;
        expect(start.p50).toBeGreaterThanOrEqual(0);
        expect(start.p90).toBeGreaterThanOrEqual(start.p50);
        expect(finish.p90).toBeGreaterThanOrEqual(finish.p50);
        expect(finish.p50).toBeGreaterThanOrEqual(start.p50);
        expect(finish.p90).toBeGreaterThanOrEqual(start.p90);
      }),
    );
  });

  it("never starts a job sooner when one more is ahead of it, in any future", () => {
    fc.assert(
      fc.property(plainPool, fc.nat(), run(77, fc.constant("any")), (pool, place, more) => {
        const ahead = pool.ahead.toSpliced(place % (pool.ahead.length + 1), 0, more);
        expect(neverEarlier(simulate({ ...pool, ahead }).startMs, simulate(pool).startMs)).toBe(true);
      }),
    );
  });

  it("never starts a job sooner when there is more work of which only the sum is known", () => {
    fc.assert(
      fc.property(plainPool, fc.integer({ min: 1, max: 100 * MINUTE }), (pool, moreMs) => {
        const more = { ...pool, beyond: { ...pool.beyond, meanMs: pool.beyond.meanMs + moreMs } };
        expect(neverEarlier(simulate(more).startMs, simulate(pool).startMs)).toBe(true);
      }),
    );
  });

  it("never starts a job later when there is one more worker, in any future", () => {
    fc.assert(
      fc.property(plainPool, slot(50), (pool, more) => {
        const grown = { ...pool, slots: [...pool.slots, more] };
        expect(neverEarlier(simulate(pool).startMs, simulate(grown).startMs)).toBe(true);
      }),
    );
  });

  it("gives the same answer every time", () => {
    fc.assert(
      fc.property(classedPool, (pool) => {
        expect(simulate(pool)).toEqual(simulate(pool));
      }),
    );
  });

  it("starts a job at once when nothing is ahead and a worker is free", () => {
    fc.assert(
      fc.property(plainPool, (pool) => {
        const slots = [...pool.slots, { fast: true, busy: null }];
        const { startMs } = simulate({ ...pool, slots, ahead: [], beyond: { meanMs: 0, variance: 0 } });
        expect(startMs.every((start) => start === 0)).toBe(true);
      }),
    );
  });
});

describe("single cases", () => {
  const hour = [60 * MINUTE];
  const any = (jobId: number, queueClass: QueueClass = "any"): SimulatedRun => ({ jobId, queueClass, samples: hour });
  const free = (fast: boolean): SimulatedSlot => ({ fast, busy: null });
  const pool = (part: Partial<SimulatedPool>): SimulatedPool => ({
    rules: RULES,
    slots: [free(true)],
    ahead: [],
    beyond: { meanMs: 0, variance: 0 },
    job: any(1),
    ridesWith: null,
    ...part,
  });
  const start = (part: Partial<SimulatedPool>) => quantiles(simulate(pool(part)).startMs);
  const hours = (p50: number, p90 = p50) => ({ p50: p50 * 60 * MINUTE, p90: p90 * 60 * MINUTE });
  const apart = { fastSpeed: 2, fastOnline: 1, reserveWorkers: 0, idleAbove: 0 };

  it("serves in turn, as many at once as there are slots", () => {
    const ahead = [2, 3, 4, 5].map((id) => any(id));
    expect(start({ ahead })).toEqual(hours(4));
    expect(start({ ahead, slots: [free(true), free(true)] })).toEqual(hours(2));
  });

  it("waits for what runs now, given how long it has run", () => {
    const busy = { runId: 9, elapsedMs: 45 * MINUTE, samples: hour };
    expect(start({ slots: [{ fast: true, busy }] })).toEqual(hours(0.25));
    const overdue = { ...busy, elapsedMs: 100 * MINUTE };
    const guess = start({ slots: [{ fast: true, busy: overdue }] });
    expect(guess?.p50).toBeGreaterThan(5 * MINUTE);
    expect(guess?.p90).toBeLessThan(20 * MINUTE);
  });

  it("never starts a job without workers", () => {
    expect(start({ slots: [] })).toBeNull();
    expect(start({ slots: [], beyond: { meanMs: 5, variance: 0 } })).toBeNull();
  });

  it("keeps jobs for fast workers from slow ones, and lets others pass them", () => {
    const slots = [{ fast: true, busy: { runId: 9, elapsedMs: 0, samples: hour } }, free(false)];
    expect(start({ rules: apart, slots, job: any(1, "fast") })).toEqual(hours(1));
    expect(start({ rules: apart, slots, ahead: [any(2, "fast")] })).toEqual(hours(0));
  });

  it("keeps reserved workers", () => {
    const rules = { ...apart, reserveWorkers: 1 };
    expect(start({ rules, slots: [free(true)] })).toBeNull();
    expect(start({ rules, slots: [free(true)], job: any(1, "reserved") })).toEqual(hours(0));
    expect(start({ rules, slots: [free(true), free(true)] })).toEqual(hours(0));
  });

  it("starts idle work only while enough workers are free", () => {
    const rules = { ...RULES, idleAbove: 1 };
    const slots = [free(true), { fast: true, busy: { runId: 9, elapsedMs: 0, samples: hour } }];
    expect(start({ rules, slots, job: any(1, "idle") })).toEqual(hours(1));
    expect(start({ rules, slots: [free(true)], job: any(1, "idle") })).toBeNull();
  });

  it("starts with the run that takes it along", () => {
    const ahead = [2, 3, 4].map((id) => any(id));
    expect(start({ ahead, ridesWith: 3 })).toEqual(hours(1));
  });

  it("fills up the slots with work of which only the sum is known", () => {
    const beyond = { meanMs: 10 * 60 * MINUTE, variance: 0 };
    expect(start({ beyond, ahead: [any(2)], slots: [free(true), free(true)] })).toEqual(hours(5.5));
    const rules = { ...apart, fastOnline: 1 };
    const slots = [free(true), free(false)];
    expect(start({ rules, slots, beyond, job: any(1, "fast") })).toEqual(hours(5));
  });

  it("spreads as far as the variance says", () => {
    const wide = start({ beyond: { meanMs: 10 * 60 * MINUTE, variance: (60 * MINUTE) ** 2 } });
    const nine = (wide?.p90 ?? 0) - (wide?.p50 ?? 0);
    expect(nine).toBeGreaterThan(50 * MINUTE); // 1.28 standard deviations, as far as a hundred rounds tell
    expect(nine).toBeLessThan(110 * MINUTE);
  });

  it("joins each future with the same future of what is needed", () => {
    const own = simulate(pool({ ahead: [any(2)] }));
    const need = runningOutcome((round) => round * MINUTE);
    const joined = afterNeeds(own, [need]);
    expect([...joined.startMs]).toEqual(Array.from({ length: ROUNDS }, (_, round) => Math.max(60, round) * MINUTE));
    expect(joined.finishMs.every((finish, round) => finish === (joined.startMs[round] ?? 0) + 60 * MINUTE)).toBe(true);
    expect(quantiles(afterNeeds(own, [simulate(pool({ slots: [] }))]).startMs)).toBeNull();
  });
});
