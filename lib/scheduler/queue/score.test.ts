import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STRICT_HEAD_START_MS } from "../../contracts/pool.ts";
import { HIGHEST_RANK, score } from "./score.ts";

const headStartMs = fc.integer({ min: 0, max: 86_400_000 });
/** Every one that a pool can have; the usual ones, none, strict and the numbers near to it more often. */
const anyHeadStartMs = fc.oneof(
  headStartMs,
  fc.constantFrom(0, 1, 600_000, STRICT_HEAD_START_MS),
  fc.integer({ min: STRICT_HEAD_START_MS - 3, max: STRICT_HEAD_START_MS }),
  fc.integer({ min: 0, max: STRICT_HEAD_START_MS }),
);
const rank = fc.integer({ min: -HIGHEST_RANK, max: HIGHEST_RANK });
const submittedAtMs = fc.integer({ min: 0, max: 4_102_444_800_000 });
const anyTime = fc.oneof(
  submittedAtMs,
  fc.integer({ min: 1_800_000_000_000, max: 1_800_000_001_000 }),
  fc.integer({ min: 2 ** 52 - 1000, max: 2 ** 52 }),
);
const ofOurTime = fc.record({ submittedAtMs, rank });
const job = fc.record({ id: fc.integer({ min: 1, max: 2 ** 40 }), submittedAtMs: anyTime, rank });
type Waiting = typeof job extends fc.Arbitrary<infer T> ? T : never;

/** The order in which Redis and PostgreSQL serve. */
function goesBefore(b: Waiting, a: Waiting, headStart: number): boolean {
  const [first, second] = [score(b, headStart), score(a, headStart)];
  return first < second || (first === second && b.id < a.id);
}

describe("score", () => {
  it("lets b go before a exactly when the theorem says so, in every pool and at every limit", () => {
    fc.assert(
      fc.property(job, job, anyHeadStartMs, (a, b, headStart) => {
        fc.pre(a.id !== b.id);
        const late = BigInt(b.submittedAtMs) - BigInt(a.submittedAtMs);
        const worth = BigInt(b.rank - a.rank) * BigInt(headStart);
        expect(goesBefore(b, a, headStart)).toBe(late < worth || (late === worth && b.id < a.id));
      }),
      { numRuns: 100_000 },
    );
  });

  it("is a total order: of two jobs one goes first, and of three there is no circle", () => {
    fc.assert(
      fc.property(job, job, job, anyHeadStartMs, (a, b, c, headStart) => {
        fc.pre(new Set([a.id, b.id, c.id]).size === 3);
        expect(goesBefore(a, b, headStart)).toBe(!goesBefore(b, a, headStart));
        if (goesBefore(a, b, headStart) && goesBefore(b, c, headStart)) expect(goesBefore(a, c, headStart)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it("lets nobody be overtaken by what comes 400 head starts later, nor by what is younger and of no higher rank", () => {
    fc.assert(
      fc.property(job, rank, headStartMs, fc.integer({ min: 1, max: 1_000_000 }), (a, rankOfB, headStart, laterMs) => {
        const muchLater = { ...a, id: a.id + 1, rank: rankOfB, submittedAtMs: a.submittedAtMs + 400 * headStart };
        fc.pre(muchLater.submittedAtMs + laterMs <= 2 ** 52);
        expect(goesBefore(muchLater, a, headStart)).toBe(false);
        const younger = { ...muchLater, rank: Math.min(a.rank, rankOfB), submittedAtMs: a.submittedAtMs + laterMs };
        expect(goesBefore(younger, a, headStart)).toBe(false);
      }),
      { numRuns: 20_000 },
    );
  });

  it("puts rank first and age second in a strict pool, for jobs of less than 139 years", () => {
    fc.assert(
      fc.property(ofOurTime, ofOurTime, (a, b) => {
        const before = score(b, STRICT_HEAD_START_MS) - score(a, STRICT_HEAD_START_MS);
        if (a.rank !== b.rank) expect(before < 0).toBe(b.rank > a.rank);
        else expect(before).toBe(b.submittedAtMs - a.submittedAtMs);
      }),
      { numRuns: 20_000 },
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
