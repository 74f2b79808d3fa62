import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BuilderDefinition } from "../../contracts/in-tree-config.ts";
import { type TestContext, testContext } from "../../testing/context.ts";
import { type Farm, makeFarm } from "../../testing/farm.ts";
import { retriggerJobs } from "../retrigger-jobs.ts";
import { recordTimings } from "./record-timings.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const chunk = (index: number, of = 2, suite = "unit"): Partial<BuilderDefinition> => ({
  name: `${suite}-${index}`,
  kind: "test",
  chunk: { suite, index, of },
});

/** Lets the suite be measured by a run of one of its chunks that ends with `result`. */
async function measure(
  farm: Farm,
  seconds: Record<string, number>,
  options: { result?: "success" | "failure" | "exception"; suite?: string } = {},
) {
  await farm.submit(chunk(1, 2, options.suite));
  const worker = await farm.worker();
  const { runId } = await farm.claimOrThrow(worker);
  const timings = Object.entries(seconds).map(([part, seconds]) => ({ part, seconds }));
  expect(await recordTimings(worker, { runId, timings })).toBe(0); // not yet: the run goes on
  await farm.finish(worker, runId, options.result ?? "success");
  return { worker, runId, counted: await recordTimings(worker, { runId, timings }) };
}

const plansOf = async (jobIds: readonly number[]) =>
  (
    await test.sql.rows<{ id: number; plan: number | null }>(
      "SELECT id, chunk_plan_id AS plan FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id",
      [jobIds],
    )
  ).map(({ plan }) => plan);

const timingsOf = async (farm: Farm) =>
  Object.fromEntries(
    (
      await test.sql.rows<{ item: string; ms: number }>(
        "SELECT item, ms FROM chunk_timings t JOIN branches b USING (repository_id) WHERE b.id = $1",
        [farm.branchId],
      )
    ).map(({ item, ms }) => [item, ms]),
  );

describe("the plan of a suite", () => {
  it("is none before anything was measured, and one for all chunks then", async () => {
    const farm = await makeFarm(test);
    const first = await farm.submit(chunk(1), chunk(2), { name: "build" });
    expect(await plansOf(first)).toEqual([null, null, null]);
    await farm.sql.count("UPDATE jobs SET state = 'done', result = 'cancelled' WHERE id = ANY ($1::bigint[])", [first]);

    await measure(farm, { a: 8, b: 5, c: 4 });
    const second = await farm.submit(chunk(1), chunk(2), { name: "build" }, chunk(1, 3, "other"));
    const [one, two, ...others] = await plansOf(second);
    expect([typeof one, two, ...others]).toEqual(["number", one, null, null]);
    const { work } = { work: await farm.claimOrThrow(await farm.worker()) };
    expect(work.chunk).toEqual({ index: 1, of: 2, plan: [["a"], ["b", "c"]] });
  });

  it("is taken again by later pushes, for the same number of chunks", async () => {
    const farm = await makeFarm(test);
    await measure(farm, { a: 1, b: 1, c: 1 });
    const [plan] = await plansOf(await farm.submit(chunk(1)));
    expect(await plansOf(await farm.submit(chunk(1), chunk(2)))).toEqual([plan, plan]);
    const [another] = await plansOf(await farm.submit(chunk(1, 3)));
    expect(another).not.toBe(plan);
    const submits = Array.from({ length: 6 }, () => farm.submit(chunk(1, 4), chunk(2, 4)));
    const plans = (await Promise.all((await Promise.all(submits)).map(plansOf))).flat();
    expect([new Set(plans).size, plans.includes(null)]).toEqual([1, false]);
  });

  it("stays with a job that is retriggered, and with one that is tried again", async () => {
    const farm = await makeFarm(test);
    await measure(farm, { a: 1, b: 1 });
    const [jobId = 0] = await farm.submit(chunk(1));
    const [plan] = await plansOf([jobId]);
    const worker = await farm.worker();
    const first = await farm.claimOrThrow(worker);
    await farm.finish(worker, first.runId, "retry");
    await test.sql.count("UPDATE chunk_plans SET created_at = created_at - interval '2 days' WHERE id = $1", [plan]);
    const again = await farm.claimOrThrow(await farm.worker());
    expect(again.chunk).toEqual(first.chunk);
    await farm.sql.count("UPDATE jobs SET state = 'done', result = 'failure' WHERE id = $1", [jobId]);
    const command = await retriggerJobs(farm.as(), { jobIds: [jobId], count: 2, dependents: false });
    expect(await plansOf(command.items[0]?.created ?? [])).toEqual([plan, plan]);
  });

  it("is made anew when it is a day old, or many more parts are known", async () => {
    const farm = await makeFarm(test);
    await measure(farm, { a: 1, b: 1 });
    const planNow = async () => (await plansOf(await farm.submit(chunk(1))))[0];
    const plan = await planNow();
    await test.sql.count("UPDATE jobs SET state = 'done', result = 'cancelled' WHERE state = 'queued'");
    await measure(farm, { c: 1, d: 1 });
    const larger = await planNow();
    expect(larger).not.toBe(plan);
    expect(await planNow()).toBe(larger);
    await test.sql.count("UPDATE chunk_plans SET created_at = created_at - interval '25 hours' WHERE id = $1", [
      larger,
    ]);
    expect(await planNow()).not.toBe(larger);
  });

  it("leaves out what the suite has not run for a week", async () => {
    const farm = await makeFarm(test);
    await measure(farm, { gone: 100, a: 1, b: 1 });
    await test.sql.count(
      "UPDATE chunk_timings SET updated_at = updated_at - interval '8 days' WHERE item = 'gone' AND repository_id = (SELECT repository_id FROM branches WHERE id = $1)",
      [farm.branchId],
    );
    const [plan] = await plansOf(await farm.submit(chunk(1)));
    expect(await test.sql.one("SELECT plan, measured FROM chunk_plans WHERE id = $1", [plan])).toEqual({
      plan: { parts: [["a"], ["b"]], ms: [1000, 1000] },
      measured: 2,
    });
  });
});

it("is nothing to a job whose definition is older than chunks", async () => {
  const farm = await makeFarm(test);
  const [jobId] = await farm.submit();
  const old = "definition - 'chunk' - 'retry' - 'mergeLimit' - 'affinity' - 'workers' - 'idle'";
  await test.sql.count(`UPDATE jobs SET definition = ${old} WHERE id = $1`, [jobId]);
  const worker = await farm.worker();
  const { runId, chunk: none } = await farm.claimOrThrow(worker);
  expect(none).toBeNull();
  await farm.finish(worker, runId, "failure");
  expect(await recordTimings(worker, { runId, timings: [{ part: "a", seconds: 1 }] })).toBe(0);
});

describe("recordTimings", () => {
  it("averages, newer runs weigh more, and repeated parts of a run add up", async () => {
    const farm = await makeFarm(test);
    const { worker, runId, counted } = await measure(farm, { a: 10, b: 2 });
    expect(counted).toBe(2);
    const again = [
      { part: "a", seconds: 15 },
      { part: "a", seconds: 5 },
    ];
    await recordTimings(worker, { runId, timings: again });
    expect(await timingsOf(farm)).toEqual({ a: 14_000, b: 2_000 });
  });

  it("takes times for those of an ordinary worker", async () => {
    const farm = await makeFarm(test);
    const { worker, runId } = await measure(farm, { a: 1 });
    await test.sql.count("UPDATE workers SET speed = 3 WHERE id = (SELECT worker_id FROM runs WHERE id = $1)", [runId]);
    await recordTimings(worker, { runId, timings: [{ part: "b", seconds: 2 }] });
    expect(await timingsOf(farm)).toEqual({ a: 1_000, b: 6_000 });
  });

  it("counts failures, and no run that somebody or something else ended", async () => {
    const farm = await makeFarm(test);
    expect((await measure(farm, { a: 1 }, { result: "failure" })).counted).toBe(1);
    await test.sql.count("UPDATE jobs SET state = 'done', result = 'cancelled' WHERE state = 'queued'");
    expect((await measure(farm, { b: 1 }, { result: "exception" })).counted).toBe(0);
    expect(await timingsOf(farm)).toEqual({ a: 1_000 });
  });

  it("counts nothing of another worker's run, of a builder without chunks, and of a try branch", async () => {
    const farm = await makeFarm(test);
    const { runId } = await measure(farm, { a: 1 });
    const timings = [{ part: "b", seconds: 1 }];
    expect(await recordTimings(await farm.worker(), { runId, timings })).toBe(0);
    await expect(recordTimings(farm.as(), { runId, timings })).rejects.toMatchObject({ code: "forbidden" });

    await farm.submit({ name: "build" });
    const worker = await farm.worker();
    const plain = await farm.claimOrThrow(worker);
    await farm.finish(worker, plain.runId, "success");
    expect(await recordTimings(worker, { runId: plain.runId, timings })).toBe(0);

    await test.sql.count("UPDATE branches SET is_try = true WHERE id = $1", [farm.branchId]);
    expect((await measure(farm, { c: 1 })).counted).toBe(0);
    expect(await timingsOf(farm)).toEqual({ a: 1_000 });
  });

  it("remembers a bounded number of parts of a suite and forgets those that are gone", async () => {
    const farm = await makeFarm(test);
    const { worker, runId } = await measure(farm, { a: 1 });
    const many = (from: number) =>
      Array.from({ length: 20_000 }, (_, index) => ({ part: `p${from + index}`, seconds: 1 }));
    for (const from of [0, 20_000, 40_000]) await recordTimings(worker, { runId, timings: many(from) });
    expect(Object.keys(await timingsOf(farm))).toHaveLength(50_000);
    await test.sql.count(
      "UPDATE chunk_timings SET updated_at = updated_at - interval '31 days' WHERE item LIKE 'p%' AND repository_id = (SELECT repository_id FROM branches WHERE id = $1)",
      [farm.branchId],
    );
    await recordTimings(worker, { runId, timings: [{ part: "b", seconds: 1 }] });
    expect(Object.keys(await timingsOf(farm)).sort()).toEqual(["a", "b"]);
  });

  it("takes names that only differ in what the database cannot hold for one", async () => {
    const farm = await makeFarm(test);
    const { worker, runId } = await measure(farm, { a: 1 });
    const timings = [
      { part: "x\ud800", seconds: 1 },
      { part: "x\ud801", seconds: 2 },
    ];
    expect(await recordTimings(worker, { runId, timings })).toBe(1);
    expect(await timingsOf(farm)).toEqual({ a: 1_000, "x\ufffd": 3_000 });
  });
});
