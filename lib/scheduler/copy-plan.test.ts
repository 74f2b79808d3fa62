import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CopiedJob, planCopies } from "./copy-plan.ts";

const need = (id: number, result: "success" | "failure" | null = null) => ({
  id,
  builder: `builder ${id}`,
  state: result === null ? ("queued" as const) : ("done" as const),
  result,
});
const job = (id: number, part: Partial<CopiedJob> = {}): CopiedJob => ({
  id,
  wanted: false,
  refusal: null,
  needs: [],
  ...part,
});
const gone = { code: "conflict" as const, reason: "The pool is gone." };

describe("planCopies", () => {
  it("copies what is wanted with all that waits for it; copies wait for copies", () => {
    const jobs = [
      job(1, { wanted: true }),
      job(2, { needs: [need(1, "success"), need(9, "success")] }),
      job(3, { needs: [need(2)] }),
    ];
    const { copies, refused } = planCopies(jobs, [
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]);
    expect(copies).toEqual([
      { id: 1, state: "queued", wantedBy: 1 },
      { id: 2, state: "blocked", wantedBy: 1 },
      { id: 3, state: "blocked", wantedBy: 1 },
    ]);
    expect(refused.size).toBe(0);
  });

  it("refuses what needs a failed job that is not copied, and what drags along a job that cannot run", () => {
    const failed = planCopies([job(2, { wanted: true, needs: [need(1, "failure")] })], []);
    expect([...failed.refused]).toEqual([
      [2, { code: "conflict", reason: "Job 2 needs builder 1, which ended with failure; retrigger that one first." }],
    ]);
    const dragging = planCopies([job(1, { wanted: true }), job(2, { refusal: gone })], [{ from: 1, to: 2 }]);
    expect(dragging.copies).toEqual([]);
    expect(dragging.refused.get(1)?.reason).toBe("Job 1 cannot run again with what waits for it: The pool is gone.");
    const own = planCopies([job(1, { wanted: true, refusal: gone })], []);
    expect(own.refused.get(1)).toEqual(gone);
  });

  it("gives every wanted job an answer, copies none twice, and what others wait for first", () => {
    const graph = fc.array(
      fc.record({ wanted: fc.boolean(), bad: fc.boolean(), needs: fc.array(fc.nat(11), { maxLength: 3 }) }),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(graph, (rows) => {
        const arrows = rows.flatMap((row, to) =>
          [...new Set(row.needs)].filter((from) => from < to).map((from) => ({ from: from + 1, to: to + 1 })),
        );
        const jobs = rows.map((row, index) =>
          job(index + 1, {
            wanted: row.wanted,
            refusal: row.bad ? gone : null,
            needs: arrows.filter((arrow) => arrow.to === index + 1).map((arrow) => need(arrow.from, "success")),
          }),
        );
        const { copies, refused } = planCopies(jobs, arrows);
        const place = new Map(copies.map((copy, index) => [copy.id, index]));
        expect(place.size).toBe(copies.length);
        for (const one of jobs) if (one.wanted) expect(place.has(one.id)).toBe(!refused.has(one.id));
        for (const { from, to } of arrows) {
          if (!place.has(from)) continue;
          expect(place.get(from)).toBeLessThan(place.get(to) ?? -1);
          expect(copies[place.get(to) ?? 0]?.state).toBe("blocked");
        }
        for (const { id } of copies) expect(jobs[id - 1]?.refusal).toBeNull();
      }),
    );
  });
});
