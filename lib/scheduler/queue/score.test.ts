import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STRICT_HEAD_START_MS } from "../../contracts/pool.ts";
import { HIGHEST_RANK, score } from "./score.ts";

const headStartMs = fc.integer({ min: 0, max: 86_400_000 });
const rank = fc.integer({ min: -HIGHEST_RANK, max: HIGHEST_RANK });
const submittedAtMs = fc.integer({ min: 0, max: 4_102_444_800_000 });
const place = fc.record({ submittedAtMs, rank });

describe("score", () => {
  it("lets b overtake a waiting a only within the head start that b's rank is worth", () => {
    fc.assert(
      fc.property(place, place, headStartMs, (a, b, headStart) => {
        const goesBefore = score(b, headStart) < score(a, headStart);
        expect(goesBefore).toBe(b.submittedAtMs - a.submittedAtMs < (b.rank - a.rank) * headStart);
      }),
      { numRuns: 10_000 },
    );
  });

  it("puts rank first and age second in a strict pool", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const before = score(b, STRICT_HEAD_START_MS) - score(a, STRICT_HEAD_START_MS);
        if (a.rank !== b.rank) expect(before < 0).toBe(b.rank > a.rank);
        else expect(before).toBe(b.submittedAtMs - a.submittedAtMs);
      }),
      { numRuns: 10_000 },
    );
  });

  it("is exact at its limits", () => {
    const first = score({ submittedAtMs: 0, rank: HIGHEST_RANK }, STRICT_HEAD_START_MS);
    const last = score({ submittedAtMs: 2 ** 52, rank: -HIGHEST_RANK }, STRICT_HEAD_START_MS);
    expect(Number.isSafeInteger(first)).toBe(true);
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(score({ submittedAtMs: 2 ** 52 - 1, rank: -HIGHEST_RANK }, STRICT_HEAD_START_MS)).toBe(last - 1);
  });

  it.each([
    [{ submittedAtMs: Number.NaN, rank: 0 }, 1, "submittedAtMs"],
    [{ submittedAtMs: -1, rank: 0 }, 1, "submittedAtMs"],
    [{ submittedAtMs: 2 ** 53, rank: 0 }, 1, "submittedAtMs"],
    [{ submittedAtMs: 0.5, rank: 0 }, 1, "submittedAtMs"],
    [{ submittedAtMs: 0, rank: 201 }, 1, "rank"],
    [{ submittedAtMs: 0, rank: -201 }, 1, "rank"],
    [{ submittedAtMs: 0, rank: 1.5 }, 1, "rank"],
    [{ submittedAtMs: 0, rank: 0 }, -1, "headStartMs"],
    [{ submittedAtMs: 0, rank: 0 }, 2 ** 42 + 1, "headStartMs"],
    [{ submittedAtMs: 0, rank: 0 }, Number.POSITIVE_INFINITY, "headStartMs"],
  ])("refuses %j with a head start of %d ms", (wrong, headStart, name) => {
    expect(() => score(wrong, headStart)).toThrow(`The ${name} of a score is`);
  });
});
