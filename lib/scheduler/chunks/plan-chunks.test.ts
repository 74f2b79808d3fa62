import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isReusable, MAX_PLANNED_BYTES, MAX_PLANNED_PARTS, type MeasuredPart, planChunks } from "./plan-chunks.ts";

const suite = (maxLength: number, longestMs = 600_000) =>
  fc.uniqueArray(
    fc.record({ part: fc.string({ unit: "grapheme", maxLength: 12 }), ms: fc.integer({ min: 0, max: longestMs }) }),
    {
      maxLength,
      selector: ({ part }) => part,
    },
  );
const chunks = fc.integer({ min: 1, max: 12 });

/** What a part counts for: starting it costs something, too. */
const cost = ({ ms }: MeasuredPart) => Math.max(1, ms);

describe("planChunks", () => {
  it("puts every part into exactly one chunk and knows how long each takes", () => {
    fc.assert(
      fc.property(suite(200), chunks, (parts, count) => {
        const plan = planChunks(parts, count);
        expect(plan.parts).toHaveLength(count);
        expect(plan.parts.flat().sort()).toEqual(parts.map(({ part }) => part).sort());
        const costs = new Map(parts.map((part) => [part.part, cost(part)]));
        const sums = plan.parts.map((of) => of.reduce((sum, part) => sum + (costs.get(part) ?? 0), 0));
        expect(plan.ms).toEqual(sums);
      }),
    );
  });

  it("makes the same plan of the same parts in whatever order", () => {
    const shuffled = suite(60, 5).chain((parts) =>
      fc.tuple(fc.constant(parts), fc.shuffledSubarray(parts, { minLength: parts.length })),
    );
    fc.assert(
      fc.property(shuffled, chunks, ([parts, others], count) => {
        expect(planChunks(others, count)).toEqual(planChunks(parts, count));
      }),
    );
  });

  it("takes at most 4/3 − 1/(3m) of the best plan's time", () => {
    fc.assert(
      fc.property(suite(8, 30), fc.integer({ min: 1, max: 3 }), (parts, count) => {
        const longest = Math.max(...planChunks(parts, count).ms);
        expect(3 * count * longest).toBeLessThanOrEqual((4 * count - 1) * shortestPossible(parts.map(cost), count));
      }),
      { numRuns: 300 },
    );
  });

  it("takes at most the mean and the longest part together, and is at most the shortest chunk's load away from it", () => {
    fc.assert(
      fc.property(suite(300), chunks, (parts, count) => {
        const { ms } = planChunks(parts, count);
        const total = parts.reduce((sum, part) => sum + cost(part), 0);
        const largest = Math.max(0, ...parts.map(cost));
        expect(Math.max(...ms)).toBeLessThanOrEqual(total / count + largest * (1 - 1 / count) + 1e-6);
        expect(Math.max(...ms) - Math.min(...ms)).toBeLessThanOrEqual(largest);
      }),
    );
  });

  it("reaches the bound exactly where it is tight", () => {
    const parts = [3, 3, 2, 2, 2].map((ms, index) => ({ part: `p${index}`, ms }));
    expect(planChunks(parts, 2)).toEqual({
      parts: [
        ["p0", "p2", "p4"],
        ["p1", "p3"],
      ],
      ms: [7, 5],
    });
  });

  it("plans the longest parts when there are more than every chunk should be told of", () => {
    const many = Array.from({ length: MAX_PLANNED_PARTS + 5 }, (_, index) => ({ part: `p${index}`, ms: 10 + index }));
    const named = new Set(planChunks(many, 4).parts.flat());
    expect([named.size, named.has("p4"), named.has("p5")]).toEqual([MAX_PLANNED_PARTS, false, true]);
    const long = Array.from({ length: 5_000 }, (_, index) => ({ part: `${index}${"é".repeat(250)}`, ms: 1 }));
    const bytes = Buffer.byteLength(planChunks(long, 4).parts.flat().join(""));
    expect(bytes).toBeLessThanOrEqual(MAX_PLANNED_BYTES);
    expect(bytes).toBeGreaterThan(MAX_PLANNED_BYTES - 510);
  });
});

describe("isReusable", () => {
  it.each([
    [{ ageHours: 0, measured: 100 }, 100, true],
    [{ ageHours: 23.9, measured: 100 }, 110, true],
    [{ ageHours: 24, measured: 100 }, 100, false],
    [{ ageHours: 1, measured: 100 }, 111, false],
    [{ ageHours: 1, measured: 100 }, 3, true],
    [{ ageHours: 1, measured: 1 }, 2, false],
  ])("%j with %i parts known: %s", (plan, now, reusable) => {
    expect(isReusable(plan, now)).toBe(reusable);
  });
});

/** The length of the best plan, by trying all. */
function shortestPossible(costs: readonly number[], count: number): number {
  const loads = new Array<number>(count).fill(0);
  let best = Number.POSITIVE_INFINITY;
  const place = (index: number): void => {
    const ms = costs[index];
    if (ms === undefined) {
      best = Math.min(best, Math.max(...loads));
      return;
    }
    for (let chunk = 0; chunk < count; chunk++) {
      loads[chunk] = (loads[chunk] ?? 0) + ms;
      place(index + 1);
      loads[chunk] = (loads[chunk] ?? 0) - ms;
    }
  };
  place(0);
  return best;
}
