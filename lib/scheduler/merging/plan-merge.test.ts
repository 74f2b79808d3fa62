import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MergeConditions, type MergeJob, mergeBar, planMerge } from "./plan-merge.ts";
import { sameProperties } from "./same-properties.ts";

const job = (part: Partial<MergeJob> = {}): MergeJob => ({
  id: 1,
  pushId: 1,
  builderId: 1,
  branchId: 1,
  poolId: 1,
  trustLevel: 1,
  definitionHash: "a",
  chunkPlanId: null,
  kind: "build",
  buildsetKind: "push",
  alone: false,
  mergeable: true,
  properties: { buildid: "20261121070000" },
  eligible: true,
  ...part,
});
const open: MergeConditions = {
  limit: 3,
  mergeWhen: "backlog",
  branch: { isTry: false, allowMerge: true },
  otherWorkerWaits: false,
};
const idsOf = ({ members }: ReturnType<typeof planMerge>) => members.map(({ jobId }) => jobId);
const pushes = (...ids: number[]) => ids.map((id) => job({ id, pushId: id }));

describe("planMerge", () => {
  it("takes the newest pushes first, up to the limit, and builds the newest member's revision", () => {
    const plan = planMerge(job({ id: 5, pushId: 5 }), pushes(3, 9, 7, 8), open);
    expect(idsOf(plan)).toEqual([5, 9, 8]);
    expect(plan.leadId).toBe(9);
    expect(plan.members.map(({ receipt }) => receipt.rule)).toEqual(["base", "same-builder", "same-builder"]);
    expect(plan.members[1]?.receipt.why).toMatch(
      /^Joined the run of job 5, .* newer push\. The run builds its revision\.$/,
    );
    expect(plan.members[2]?.receipt.why).toMatch(/The run builds the revision of job 9\.$/);
    expect(plan.refused).toEqual([
      { jobId: 7, why: "The run serves 3 jobs, as many as its builder allows." },
      { jobId: 3, why: "The run serves 3 jobs, as many as its builder allows." },
    ]);
  });

  it("skips to the newest when the limit is all, and says so", () => {
    const plan = planMerge(job({ id: 1 }), pushes(2, 3, 4, 5, 6), { ...open, limit: "all" });
    expect(idsOf(plan)).toEqual([1, 6, 5, 4, 3, 2]);
    expect(plan.members[1]?.receipt).toMatchObject({ rule: "skip-to-newest" });
  });

  it("lets older pushes ride along with a newer base that goes before them", () => {
    const plan = planMerge(job({ id: 9, pushId: 9 }), pushes(3), open);
    expect(plan).toMatchObject({ leadId: 9, refused: [] });
    expect(plan.members[1]?.receipt.why).toMatch(/older push\. The run builds the revision of job 9\.$/);
  });

  it("gives a job that nobody joins the bare receipt of a base", () => {
    expect(planMerge(job(), [], open)).toEqual({
      leadId: 1,
      members: [{ jobId: 1, receipt: { rule: "base" } }],
      refused: [],
    });
  });

  it.each<[string, Partial<MergeJob>, RegExp]>([
    ["another builder", { builderId: 2 }, /another builder/],
    ["another branch", { branchId: 2 }, /another branch/],
    ["another pool", { poolId: 2 }, /another pool/],
    ["another trust level", { trustLevel: 2 }, /another trust level/],
    ["another definition", { definitionHash: "b" }, /another definition/],
    ["another split of the suite", { chunkPlanId: 7 }, /another split/],
    ["other properties", { properties: { buildid: "20261121070000", flavour: "x" } }, /properties/],
    ["a worker that it avoids", { eligible: false }, /may not start on this worker/],
    ["a nightly builder", { kind: "nightly" }, /is a nightly/],
    ["a nightly buildset", { buildsetKind: "nightly" }, /is a nightly/],
    ["a retrigger", { buildsetKind: "retrigger" }, /is a retrigger/],
    ["a request", { buildsetKind: "request" }, /asked for by somebody/],
    ["a split", { alone: true }, /runs alone/],
    ["a builder that does not merge", { mergeable: false }, /does not allow merging/],
    ["a patch", { properties: { buildid: "20261121070000", patch: "x" } }, /has a patch/],
  ])("refuses %s, and says why", (_what, part, why) => {
    const plan = planMerge(job(), [job({ id: 2, pushId: 2, ...part })], open);
    expect(idsOf(plan)).toEqual([1]);
    expect(plan.refused).toEqual([{ jobId: 2, why: expect.stringMatching(why) }]);
  });

  it.each<[string, Partial<MergeJob>, Partial<MergeConditions>, RegExp]>([
    ["a pool that never merges", {}, { mergeWhen: "never" }, /never merges/],
    ["a free worker where only a backlog is merged", {}, { otherWorkerWaits: true }, /Another worker is free/],
    ["a try branch", {}, { branch: { isTry: true, allowMerge: true } }, /try push/],
    ["a branch without merging", {}, { branch: { isTry: false, allowMerge: false } }, /branch does not allow/],
    ["a limit of one", {}, { limit: 1 }, /a run of its own/],
    ["a base that is a retrigger", { buildsetKind: "retrigger" }, {}, /Job 1 is a retrigger/],
    ["a base that was split out", { alone: true }, {}, /Job 1 was split out/],
  ])("lets nobody join because of %s", (_what, part, conditions, why) => {
    const base = job(part);
    expect(mergeBar(base, { ...open, ...conditions })).toMatch(why);
    const plan = planMerge(base, pushes(2, 3), { ...open, ...conditions });
    expect(idsOf(plan)).toEqual([1]);
    expect(plan.refused).toHaveLength(2);
  });

  it("merges whoever else waits when the pool always merges", () => {
    const plan = planMerge(job(), pushes(2), { ...open, mergeWhen: "always", otherWorkerWaits: true });
    expect(idsOf(plan)).toEqual([1, 2]);
  });

  it("sees the properties that jobs inherit from their builds as equal, and no others", () => {
    const builtBy = (buildid: string, more = {}) => ({ buildid, list: [1, { a: null }], ...more });
    expect(sameProperties(builtBy("1"), builtBy("2"))).toBe(true);
    expect(sameProperties(builtBy("1"), builtBy("1", { flavour: undefined }))).toBe(false);
    expect(sameProperties(builtBy("1"), { buildid: "1", list: [1, { a: 0 }] })).toBe(false);
    expect(sameProperties({ list: [] }, { list: {} })).toBe(false);
    expect(sameProperties({ a: 1 }, { b: 1 })).toBe(false);
  });
});

/** A queued job with its place and the time that a run of it takes. */
interface Queued extends MergeJob {
  score: number;
  ms: number;
}

const queuedJob = fc.record({
  pushId: fc.integer({ min: 1, max: 12 }),
  builderId: fc.integer({ min: 1, max: 3 }),
  branchId: fc.integer({ min: 1, max: 2 }),
  definitionHash: fc.constantFrom("a", "a", "b"),
  buildsetKind: fc.constantFrom("push", "push", "push", "retrigger", "request"),
  alone: fc.constantFrom(false, false, true),
  mergeable: fc.constantFrom(true, true, false),
  score: fc.integer({ min: 0, max: 30 }),
  ms: fc.integer({ min: 1, max: 20 }),
});
const queueOf = fc
  .array(queuedJob, { minLength: 1, maxLength: 30 })
  .map((parts): Queued[] => parts.map((part, index) => ({ ...job(), ...part, id: index + 1 })).toSorted(byPlace));
const conditionsOf = fc.record<MergeConditions>({
  limit: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant("all" as const)),
  mergeWhen: fc.constantFrom("always", "backlog", "never"),
  branch: fc.constant({ isTry: false, allowMerge: true }),
  otherWorkerWaits: fc.boolean(),
});

function byPlace(a: Queued, b: Queued): number {
  return a.score - b.score || a.id - b.id;
}

describe("merging, as a property", () => {
  it("puts every candidate either into the run or among the refused, and keeps the limit", () => {
    fc.assert(
      fc.property(queueOf, conditionsOf, ([base, ...rest], conditions) => {
        if (!base) return;
        const plan = planMerge(base, rest, conditions);
        const told = [...idsOf(plan), ...plan.refused.map(({ jobId }) => jobId)];
        expect(told.toSorted((a, b) => a - b)).toEqual([base, ...rest].map(({ id }) => id).toSorted((a, b) => a - b));
        expect(plan.members[0]?.jobId).toBe(base.id);
        if (conditions.limit !== "all") expect(plan.members.length).toBeLessThanOrEqual(conditions.limit);
        const members = [base, ...rest].filter(({ id }) => idsOf(plan).includes(id));
        expect(members.find(({ id }) => id === plan.leadId)?.pushId).toBe(
          Math.max(...members.map(({ pushId }) => pushId)),
        );
        for (const { receipt } of plan.members.slice(1)) expect(receipt.why).toMatch(/^Joined the run of job/);
        for (const { why } of plan.refused) expect(why).toMatch(/^[A-Z].+\.$/);
      }),
    );
  });

  it("only takes jobs out of the queue: the members have the base's place, the best of theirs, and the others keep their order", () => {
    fc.assert(
      fc.property(queueOf, conditionsOf, (queue, conditions) => {
        const [base, ...rest] = queue;
        if (!base) return;
        const members = new Set(idsOf(planMerge(base, rest, conditions)));
        const left = queue.filter(({ id }) => !members.has(id));
        expect(left).toEqual(left.toSorted(byPlace));
        for (const member of queue.filter(({ id }) => members.has(id)))
          expect(byPlace(base, member)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it("starts no job later than without merging: all queued at the start, like workers, runs as long as their base's alone", () => {
    fc.assert(
      fc.property(queueOf, conditionsOf, fc.integer({ min: 1, max: 5 }), (queue, conditions, workers) => {
        const merged = startsOf(queue, workers, conditions);
        const single = startsOf(queue, workers, { ...conditions, mergeWhen: "never" });
        expect(merged.size).toBe(queue.length);
        for (const { id } of queue) expect(merged.get(id)).toBeLessThanOrEqual(single.get(id) ?? -1);
      }),
      { numRuns: 500 },
    );
  });
});

/** When each job starts: the worker that is free first takes the head of the queue. */
function startsOf(queue: readonly Queued[], workers: number, conditions: MergeConditions): Map<number, number> {
  const free = Array.from({ length: workers }, () => 0);
  const starts = new Map<number, number>();
  for (let left = [...queue]; left[0]; ) {
    const [base, ...rest] = left;
    const at = Math.min(...free);
    const members = new Set(idsOf(planMerge(base, rest, conditions)));
    for (const id of members) starts.set(id, at);
    free[free.indexOf(at)] = at + base.ms;
    left = rest.filter(({ id }) => !members.has(id));
  }
  return starts;
}
