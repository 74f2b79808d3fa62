import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Result } from "../contracts/job.ts";
import { consequences, type WaitingJob } from "./consequences.ts";

const need = (id: number, result: Result | null) => ({
  id,
  builder: `b${id}`,
  state: result === null ? ("running" as const) : ("done" as const),
  result,
});

describe("consequences", () => {
  it("queues a job when everything it needs succeeded, and waits otherwise", () => {
    const job = (...needs: WaitingJob["needs"][number][]) => [{ id: 9, builder: "b9", needs }];
    expect(consequences(job(need(1, "success"), need(2, "warnings")))).toEqual([{ jobId: 9, to: "queued" }]);
    expect(consequences(job(need(1, "success"), need(2, null)))).toEqual([]);
  });

  it("skips a job as soon as one of its needs will never be there, with the reason", () => {
    const waiting = [{ id: 9, builder: "b9", needs: [need(1, null), need(2, "exception")] }];
    expect(consequences(waiting)).toEqual([
      { jobId: 9, to: "skipped", reason: "It needs b2, which ended with an exception." },
    ]);
  });

  it("decides every graph as its definition says, whatever the order of the jobs", () => {
    const results: (Result | null)[] = ["success", "warnings", "failure", "skipped", "exception", "cancelled", null];
    const graph = fc.array(
      fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }), fc.constantFrom(...results)),
      {
        minLength: 1,
        maxLength: 14,
      },
    );
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat()), (shape, order) => {
        // Jobs 0 to 4 have results; each later one waits for some before it.
        const done = shape.slice(0, 5).map(([, result], id) => need(id, result));
        const waiting: WaitingJob[] = shape.slice(5).map(([wanted], index) => {
          const id = done.length + index;
          const ids = [...new Set(wanted.map((n) => n % id))];
          return {
            id,
            builder: `b${id}`,
            needs: ids.map((n) => done[n] ?? { ...need(n, null), state: "blocked" as const }),
          };
        });
        const expected = new Map<number, "queued" | "skipped" | "waits">();
        for (const job of waiting) {
          const found = job.needs.map((n) => {
            if (n.state === "blocked") return expected.get(n.id) === "skipped" ? "bad" : "open";
            if (n.result === null) return "open";
            return n.result === "success" || n.result === "warnings" ? "good" : "bad";
          });
          const fate = found.includes("bad") ? "skipped" : found.every((f) => f === "good") ? "queued" : "waits";
          expected.set(job.id, fate);
        }
        const keys = new Map(waiting.map((job) => [job.id, order.next().value ?? 0]));
        const shuffled = waiting.toSorted((a, b) => (keys.get(a.id) ?? 0) - (keys.get(b.id) ?? 0));
        const decided = new Map(consequences(shuffled).map(({ jobId, to }) => [jobId, to]));
        for (const [id, fate] of expected) expect([id, decided.get(id) ?? "waits"]).toEqual([id, fate]);
      }),
      { numRuns: 300 },
    );
  });
});
