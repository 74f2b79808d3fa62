import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { delayedIn, delaySteps, type WorkShift } from "./delays.ts";
import { commonReasons, previewSummary } from "./preview-summary.ts";

const MINUTE = 60_000;

/** What the definition says: all work that came or went before a place. */
const exact = (shifts: readonly WorkShift[], slots: number, score: number) =>
  shifts.reduce((sum, shift) => sum + (shift.score <= score ? shift.ms : 0), 0) / slots / 1_000;

function at(steps: ReturnType<typeof delaySteps>, score: number): number {
  if (!steps || score >= steps.upTo) return 0;
  const index = steps.from.findLastIndex((from) => from <= score);
  return index < 0 ? 0 : (steps.seconds[index] ?? 0);
}

describe("delaySteps", () => {
  it("says of every place how much work came before it, for each slot", () => {
    const shift = fc.record({
      score: fc.integer({ min: -20, max: 20 }),
      ms: fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }),
    });
    const cases = fc.tuple(
      fc.array(shift, { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: -25, max: 25 }),
    );
    fc.assert(
      fc.property(cases, ([shifts, slots, score]) => {
        expect(Math.abs(at(delaySteps(shifts, slots), score) - exact(shifts, slots, score))).toBeLessThan(1);
      }),
    );
  });

  it("delays only those between the old and the new place of a job that moves up", () => {
    const steps = delaySteps(
      [
        { score: 100, ms: -30 * MINUTE },
        { score: 10, ms: 30 * MINUTE },
      ],
      3,
    );
    expect(steps).toEqual({ from: [10, 100], seconds: [600, 0], upTo: 100 });
  });

  it("speeds up all when a run is stopped", () => {
    const steps = delaySteps([{ score: Number.NEGATIVE_INFINITY, ms: -MINUTE }], 2);
    expect(steps).toEqual({ from: [Number.NEGATIVE_INFINITY], seconds: [-30], upTo: Number.POSITIVE_INFINITY });
  });

  it("keeps to few steps, and to the whole sum at the end", () => {
    const steps = delaySteps(
      Array.from({ length: 10_000 }, (_, score) => ({ score, ms: 1_000 })),
      1,
    );
    expect(steps?.from.length).toBeLessThanOrEqual(129);
    expect([steps?.from.at(-1), steps?.seconds.at(-1)]).toEqual([9_999, 10_000]);
  });

  it("is nothing without workers, work or difference", () => {
    expect(delaySteps([{ score: 1, ms: MINUTE }], 0)).toBeNull();
    expect(delaySteps([], 4)).toBeNull();
    expect(delaySteps([{ score: 1, ms: 500 }], 1)).toBeNull();
  });
});

describe("delayedIn", () => {
  const outline = {
    bounds: [0, 100, 200, 300],
    owners: [
      {
        ownerId: 1,
        idle: false,
        parts: [
          [0, 10],
          [1, 10],
        ] as const,
      },
      { ownerId: 2, idle: false, parts: [[2, 5]] as const },
      { ownerId: 2, idle: true, parts: [[2, 5]] as const },
      { ownerId: null, idle: false, parts: [[0, 3]] as const },
    ],
  };

  it("tells whose jobs stand where work comes or goes", () => {
    const steps = { from: [100], seconds: [60], upTo: Number.POSITIVE_INFINITY };
    expect(delayedIn(outline, steps, [{ ownerId: 1, score: 150 }])).toEqual([
      { ownerId: 1, jobs: 9, meanSeconds: 60, maxSeconds: 60 },
      { ownerId: 2, jobs: 5, meanSeconds: 60, maxSeconds: 60 },
    ]);
  });

  it("leaves out those for whom nothing changes", () => {
    const between = { from: [110, 190], seconds: [-90, 0], upTo: 190 };
    const [only, ...others] = delayedIn(outline, between, []);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ ownerId: 1, jobs: 10, maxSeconds: -90 });
  });
});

describe("previewSummary", () => {
  const preview = (part: Partial<Parameters<typeof previewSummary>[0]>) => ({
    kind: "cancel" as const,
    asOf: "2026-11-21T00:00:00.000Z",
    counts: { done: 3, unchanged: 0, refused: 0, total: 3 },
    refusals: [],
    machineMinutes: 0,
    unknownDurations: 0,
    runsStopped: 0,
    alsoSkipped: 0,
    others: [],
    ...part,
  });
  const other = (meanSeconds: number, maxSeconds: number) => ({
    owner: null,
    pool: "linux",
    jobs: 4,
    meanSeconds,
    maxSeconds,
  });

  it("says everything that would happen, and nothing else", () => {
    expect(previewSummary(preview({}), 0)).toBe("This would cancel 3 jobs.");
    const all = preview({
      counts: { done: 3, unchanged: 1, refused: 2, total: 6 },
      machineMinutes: -42.4,
      unknownDurations: 1,
      runsStopped: 1,
      alsoSkipped: 2,
      others: [other(-60, -300), other(-10, -20)],
    });
    expect(previewSummary(all, 0)).toBe(
      "This would cancel 3 jobs; 1 run would be stopped; 2 jobs that need them would be skipped; about 42 machine minutes would be freed; how long 1 job would take is not known; 8 other jobs would start up to 5 minutes sooner; 1 is so already; 2 would be refused.",
    );
  });

  it("speaks of copies and of moves", () => {
    const one = { done: 1, unchanged: 0, refused: 0, total: 1 };
    expect(previewSummary(preview({ kind: "retrigger", counts: one, machineMinutes: 1.2 }), 10)).toBe(
      "This would run 1 job again, as 10 new jobs; about 1 machine minute would be added.",
    );
    const both = [other(60, 90), other(-60, -61)];
    expect(previewSummary(preview({ kind: "reprioritize", counts: one, others: both }), 0)).toBe(
      "This would move 1 job in the queue; 4 other jobs would start up to 2 minutes later; 4 other jobs would start up to 1 minute sooner.",
    );
  });

  it("says when nothing would happen", () => {
    const none = { done: 0, unchanged: 2, refused: 0, total: 2 };
    expect(previewSummary(preview({ counts: none }), 0)).toBe("This would change nothing; 2 are so already.");
  });
});

describe("commonReasons", () => {
  it("counts those that differ by the job alone, the commonest first", () => {
    const reasons = [
      "Job 1 is running, so its priority is fixed.",
      "Nobody owns the push of job 12.",
      "Job 2 is running, so its priority is fixed.",
    ];
    expect(commonReasons(reasons)).toEqual([
      { reason: "The job is running, so its priority is fixed.", jobs: 2 },
      { reason: "Nobody owns the push of the job.", jobs: 1 },
    ]);
    expect(commonReasons(["a", "b", "c", "d", "e", "f"])).toHaveLength(5);
  });
});
