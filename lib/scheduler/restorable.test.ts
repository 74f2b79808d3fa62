import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consequences } from "./consequences.ts";
import { type EndedJob, restorations } from "./restorable.ts";

const CANCEL = 7;
const ended = (id: number, part: Partial<EndedJob> = {}): EndedJob => ({
  id,
  state: "done",
  result: "cancelled",
  everRan: false,
  cancelledBy: CANCEL,
  needs: [],
  ...part,
});
const need = (job: Pick<EndedJob, "id" | "state" | "result">) => ({ ...job, builder: `builder ${job.id}` });
const undo = (jobs: EndedJob[], ...wanted: number[]) => restorations(jobs, new Set(wanted), CANCEL);

describe("restorations", () => {
  it("bring a job back that the command cancelled before it ran, with what was skipped for it", () => {
    const build = ended(1);
    const suite = ended(2, { result: "skipped", cancelledBy: null, needs: [need(build)] });
    const report = ended(3, { result: "skipped", cancelledBy: null, needs: [need(suite)] });
    expect(undo([build, suite, report], 1)).toEqual([
      { jobId: 1, to: "queued" },
      { jobId: 2, to: "blocked" },
      { jobId: 3, to: "blocked" },
    ]);
  });

  it.each([
    [{ everRan: true }, "Job 1 had started before it was cancelled, so it cannot go on; retrigger it instead."],
    [{ state: "queued" as const, result: null }, "Job 1 has been restored already; it is queued."],
    [{ result: "success" as const }, "Job 1 has been restored and has ended since (success)."],
    [{ cancelledBy: 8 }, "Job 1 has been restored and cancelled again since, by another command."],
    [
      { needs: [need({ id: 5, state: "done", result: "failure" })] },
      "Job 1 needs builder 5, which ended with failure, so it stays cancelled.",
    ],
  ])("leave a job with %j, and say why", (part, reason) => {
    expect(undo([ended(1, part)], 1)).toEqual([{ jobId: 1, to: "stays", reason }]);
  });

  it("leave what was skipped for another reason as well", () => {
    const build = ended(1);
    const broken = need({ id: 9, state: "done", result: "failure" });
    const suite = ended(2, { result: "skipped", cancelledBy: null, needs: [need(build), broken] });
    expect(undo([build, suite], 1)).toEqual([{ jobId: 1, to: "queued" }]);
  });

  it("are the exact inverse of a cancel, in any graph: what it ended comes back as it was", () => {
    const graph = fc.array(
      fc.record({
        kind: fc.constantFrom("wait", "wait", "success", "failure"),
        cancel: fc.boolean(),
        needs: fc.array(fc.nat(9), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(graph, (rows) => {
        // A sound situation before: what needs an unfinished job is blocked, what needs a failed one was skipped.
        const before: EndedJob[] = [];
        rows.forEach((row, id) => {
          const needs = [...new Set(row.needs)].flatMap((other) => (before[other] ? [need(before[other])] : []));
          const open = needs.some((one) => one.state !== "done");
          const lost = needs.some((one) => one.state === "done" && one.result !== "success");
          if (lost) before.push(ended(id, { result: "skipped", cancelledBy: null, needs }));
          else if (open) before.push(ended(id, { state: "blocked", result: null, cancelledBy: null, needs }));
          else if (row.kind === "wait")
            before.push(ended(id, { state: "queued", result: null, cancelledBy: null, needs }));
          else before.push(ended(id, { result: row.kind as "success", everRan: true, cancelledBy: null, needs }));
        });
        const wanted = before.filter((job) => job.state !== "done" && rows[job.id]?.cancel).map((job) => job.id);
        const after = cancelled(before, new Set(wanted));
        const back = new Map(undo(after, ...wanted).map((one) => [one.jobId, one.to]));
        for (const job of before) {
          const now = after[job.id];
          if (now?.state === job.state) expect([job.id, back.get(job.id)]).toEqual([job.id, undefined]);
          else expect([job.id, back.get(job.id)]).toEqual([job.id, job.state]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** The jobs after a cancel of some of them, with what follows for the others by the rule that the cancel uses. */
function cancelled(before: readonly EndedJob[], wanted: ReadonlySet<number>): EndedJob[] {
  const first = before.map((job) =>
    wanted.has(job.id) ? { ...job, state: "done" as const, result: "cancelled" as const, cancelledBy: CANCEL } : job,
  );
  const fresh = (jobs: readonly EndedJob[]) =>
    jobs.map((job) => ({ ...job, needs: job.needs.map((one) => need(jobs[one.id] ?? one)) }));
  const waiting = fresh(first).filter((job) => job.state === "blocked");
  const skipped = new Set(
    consequences(waiting.map((job) => ({ ...job, builder: `builder ${job.id}` }))).map((one) => one.jobId),
  );
  return fresh(
    first.map((job) => (skipped.has(job.id) ? { ...job, state: "done" as const, result: "skipped" as const } : job)),
  );
}
