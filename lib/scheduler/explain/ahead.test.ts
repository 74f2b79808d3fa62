import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitAhead } from "./ahead.ts";
import { mergesNow, type Rider, rides, runsAhead } from "./ride-along.ts";

describe("splitAhead", () => {
  const group = fc.record({ rank: fc.integer({ min: -200, max: 200 }), jobs: fc.integer({ min: 1, max: 100_000 }) });

  it("has parts that add up to the exact total, whatever was counted", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.integer({ min: -200, max: 200 }), fc.array(group), (total, rank, groups) => {
        const split = splitAhead(total, rank, groups);
        expect(split.higherRank + split.older).toBe(total);
        expect(Math.min(split.higherRank, split.older)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("is exact when the groups add up, and keeps their proportion when they do not", () => {
    const groups = [
      { rank: 5, jobs: 3 },
      { rank: 4, jobs: 1 },
    ];
    expect(splitAhead(4, 4, groups)).toEqual({ total: 4, higherRank: 3, older: 1 });
    expect(splitAhead(8, 4, groups)).toEqual({ total: 8, higherRank: 6, older: 2 });
    expect(splitAhead(2, 4, [])).toEqual({ total: 2, higherRank: 0, older: 2 });
  });
});

describe("rides", () => {
  const job = (id: number, part: Partial<Rider> = {}): Rider => ({ id, pushId: id, key: "a", limit: 3, ...part });
  const none = new Map<string, number>();

  it("takes along the newest pushes of the same key, up to the limit", () => {
    const { bases, baseOf } = rides(
      [1, 2, 3, 4, 5].map((id) => job(id)),
      none,
    );
    expect(bases).toEqual([1, 2]);
    expect([...baseOf]).toEqual([
      [5, 1],
      [4, 1],
      [3, 2],
    ]);
  });

  it("takes those behind first, because they are newer", () => {
    expect(rides([job(1), job(2), job(3)], new Map([["a", 3]])).bases).toEqual([1, 2]);
    expect(rides([job(1), job(2), job(3)], new Map([["a", 30]])).bases).toEqual([1, 2, 3]);
  });

  it("gives a run of its own to whom shares none", () => {
    expect(rides([job(1, { key: null }), job(2, { key: null })], none).bases).toEqual([1, 2]);
    expect(rides([job(1, { limit: 1 }), job(2, { limit: 1 })], none).bases).toEqual([1, 2]);
    expect(rides([job(1), job(2, { key: "b" })], none).bases).toEqual([1, 2]);
  });

  it("skips to the newest", () => {
    const all = { limit: Number.POSITIVE_INFINITY };
    expect(
      rides(
        [1, 2, 3, 4, 5].map((id) => job(id, all)),
        none,
      ).bases,
    ).toEqual([1]);
  });

  it("counts as many runs as it foresees one by one", () => {
    const counts = fc.tuple(
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 1, max: 6 }),
    );
    fc.assert(
      fc.property(counts, ([ahead, behind, limit]) => {
        const waiting = Array.from({ length: ahead }, (_, index) => job(index + 1, { limit }));
        const { bases, baseOf } = rides(waiting, new Map([["a", behind]]));
        expect(bases.length).toBe(runsAhead(ahead, ahead + behind, limit));
        expect(bases.length + baseOf.size).toBe(ahead);
      }),
    );
  });

  it("knows when a pool merges", () => {
    expect([mergesNow("always", 9), mergesNow("backlog", 9), mergesNow("backlog", 0), mergesNow("never", 0)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
