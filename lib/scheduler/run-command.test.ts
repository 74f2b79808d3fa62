import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { cancelJobs } from "./cancel-jobs.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

describe("idempotency keys (I21)", () => {
  it("make the same request one effect with one answer, and refuse another request", async () => {
    const farm = await makeFarm(test);
    const [one = 0, two = 0] = await farm.submit({ name: "one" }, { name: "two" });
    const ask = { jobIds: [one], idempotencyKey: "key-1" };
    const first = await cancelJobs(farm.as(), ask);
    expect(await cancelJobs(farm.as(), ask)).toEqual(first);
    await expect(cancelJobs(farm.as(), { ...ask, jobIds: [two] })).rejects.toMatchObject({ code: "invalid" });
    await expect(cancelJobs(farm.as(), { ...ask, reason: "x" })).rejects.toMatchObject({ code: "invalid" });
    expect(await farm.eventsOf(one)).toEqual(["job.created", "job.cancelled"]);
    expect(await farm.job(two)).toMatchObject({ state: "queued" });
    // Another person's key of the same text is another key.
    const sheriff = await farm.person("sheriff");
    expect((await cancelJobs(sheriff, { jobIds: [two], idempotencyKey: "key-1" })).id).not.toBe(first.id);
  });

  it("hold when the same request arrives twice at once, 100 times", async () => {
    const farm = await makeFarm(test);
    for (let round = 0; round < 100; round++) {
      const [jobId = 0] = await farm.submit({});
      const ask = { jobIds: [jobId], idempotencyKey: `twice-${round}` };
      const [a, b] = await Promise.all([cancelJobs(farm.as(), ask), cancelJobs(farm.as(), ask)]);
      expect(a).toEqual(b);
      expect(a.items).toMatchObject([{ outcome: "done" }]);
    }
  });

  it("complete a command that was cut off between its batches, and repeat nothing", async () => {
    const farm = await makeFarm(test);
    const ids = await farm.submit(...Array.from({ length: 250 }, (_, index) => ({ name: `job ${index}` })));
    const ask = { jobIds: ids, idempotencyKey: "bulk" };
    const dying = farm.as();
    const reported: unknown[] = [];
    let left = 2;
    const cut = {
      ...dying,
      report: (error: unknown) => void reported.push(error),
      sql: {
        ...dying.sql,
        transaction: <T>(work: Parameters<typeof dying.sql.transaction<T>>[0]) => {
          if (left-- === 0) throw new Error("killed");
          return dying.sql.transaction(work);
        },
      },
    };
    // It is made, so it is no error: asked for again without a key it would be given twice.
    expect((await cancelJobs(cut, ask)).counts).toMatchObject({ total: 250, done: 200, pending: 50 });
    expect(reported).toEqual([new Error("killed")]);
    expect(await farm.job(ids[199] ?? 0)).toMatchObject({ result: "cancelled" });
    expect(await farm.job(ids[200] ?? 0)).toMatchObject({ state: "queued" });
    const done = await cancelJobs(farm.as(), ask);
    expect(done.completedAt).not.toBeNull();
    expect(done.items.map((item) => [item.jobId, item.outcome])).toEqual(ids.map((id) => [id, "done"]));
    expect(await cancelJobs(farm.as(), ask)).toEqual(done);
    const events = await test.sql.one(
      "SELECT count(*) FROM events WHERE type = 'job.cancelled' AND job_id = ANY ($1::bigint[])",
      [ids],
    );
    expect(events).toEqual({ count: 250 });
  });
});
