import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstOf, type Outline, totalsOf } from "./outline.ts";

const outline: Outline = {
  owners: [],
  bounds: [],
  kinds: [
    {
      builderId: 1,
      branchId: 1,
      idle: false,
      parts: [
        [0, 6],
        [1, 4],
      ],
    },
    {
      builderId: 2,
      branchId: 1,
      idle: false,
      parts: [
        [0, 4],
        [1, 6],
      ],
    },
    { builderId: 3, branchId: 1, idle: true, parts: [[0, 5]] },
  ],
  ranks: [
    { rank: 3, idle: false, parts: [[0, 10]] },
    { rank: 0, idle: false, parts: [[1, 10]] },
    { rank: 0, idle: true, parts: [[0, 5]] },
  ],
};

describe("firstOf", () => {
  it("takes whole parts, and of the last one its share", () => {
    expect(firstOf(outline, 15)).toEqual({
      kinds: [
        { builderId: 1, branchId: 1, jobs: 8 },
        { builderId: 2, branchId: 1, jobs: 7 },
      ],
      ranks: [
        { rank: 3, jobs: 10 },
        { rank: 0, jobs: 5 },
        { rank: 0, jobs: 0 },
      ],
    });
  });

  it("takes idle work after all other", () => {
    expect(firstOf(outline, 24).kinds.map(({ jobs }) => jobs)).toEqual([10, 10, 4]);
    expect(firstOf(outline, 1_000).kinds.map(({ jobs }) => jobs)).toEqual([10, 10, 5]);
    expect(firstOf(outline, 0).kinds).toEqual([]);
  });

  it("takes as many as asked, by kind and by rank", () => {
    fc.assert(
      fc.property(fc.nat(25), (total) => {
        const { kinds, ranks } = firstOf(outline, total);
        for (const groups of [kinds, ranks]) expect(groups.reduce((sum, { jobs }) => sum + jobs, 0)).toBeCloseTo(total);
      }),
    );
  });

  it("counts all by kind", () => {
    expect([...totalsOf(outline)]).toEqual([
      ["1:1", 10],
      ["2:1", 10],
      ["3:1", 5],
    ]);
  });
});
