import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sql } from "../../db/sql.ts";
import { type TestContext, testContext } from "../../testing/context.ts";
import { makeJob } from "../../testing/rows.ts";
import { numberEvents } from "./number-events.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

interface Row {
  id: number;
  seq: number | null;
  step: number;
  jobId: number;
}
const rows = () =>
  test.sql.rows<Row>(
    `SELECT id, seq, job_id AS "jobId", (body->>'step')::int AS step FROM events ORDER BY seq NULLS LAST`,
  );
const write = (tx: Sql, jobId: number | null, step: number) =>
  tx.count(`INSERT INTO events (type, job_id, body) VALUES ('job.queued', $1, $2)`, [jobId, JSON.stringify({ step })]);

describe("numberEvents", () => {
  it("numbers what is committed by id, and what was slower to commit afterwards", async () => {
    await test.sql.transaction(async (slow) => {
      await write(slow, null, 1);
      await write(test.sql, null, 2);
      await write(test.sql, null, 3);
      expect(await numberEvents(test.ctx)).toEqual({ numbered: 2, more: false });
    });
    expect(await numberEvents(test.ctx)).toEqual({ numbered: 1, more: false });
    expect(await numberEvents(test.ctx)).toEqual({ numbered: 0, more: false });
    expect((await rows()).map(({ seq, step }) => [seq, step])).toEqual([
      [1, 2],
      [2, 3],
      [3, 1],
    ]);
  });

  it("leaves no gap and keeps each job's order, with many writers, some of which fail, and three relays", async () => {
    const jobs = await Promise.all(Array.from({ length: 5 }, () => makeJob(test.sql)));
    const writers = Array.from({ length: 60 }, async (_, writer) => {
      const jobId = jobs[writer % jobs.length] ?? 0;
      const change = test.sql.transaction(async (tx) => {
        const { step } = await tx.one<{ step: number }>(
          "UPDATE jobs SET queue_version = queue_version + 1 WHERE id = $1 RETURNING queue_version AS step",
          [jobId],
        );
        await write(tx, jobId, step);
        if (writer % 7 === 0) throw new Error("changed my mind");
        await write(tx, jobId, step);
      });
      await change.catch((error: Error) => expect(error.message).toBe("changed my mind"));
    });
    const written = Promise.all(writers);
    let writing = true;
    written.finally(() => {
      writing = false;
    });
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        while (writing) await numberEvents(test.ctx);
      }),
    );
    await written;
    await numberEvents(test.ctx);

    const numbered = await rows();
    expect(numbered.map((row) => row.seq)).toEqual(numbered.map((_, index) => index + 1));
    for (const jobId of jobs) {
      const steps = numbered.filter((row) => row.jobId === jobId).map((row) => row.step);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      expect(steps.length).toBeGreaterThan(0);
    }
    const { value } = await test.sql.one<{ value: number }>("SELECT value FROM counters WHERE name = 'events'");
    expect(value).toBe(numbered.length);
  });

  it("numbers 1,000 at a time and says that there are more", async () => {
    await test.sql.count("INSERT INTO events (type) SELECT 'job.queued' FROM generate_series(1, 1500)");
    expect(await numberEvents(test.ctx)).toEqual({ numbered: 1000, more: true });
    expect(await numberEvents(test.ctx)).toEqual({ numbered: 500, more: false });
  });

  it("is refused to anybody but the product's own processes", async () => {
    const worker = test.as({ kind: "worker", workerId: 1, bootId: "b", name: "w", via: "worker:1", ip: null });
    await expect(numberEvents(worker)).rejects.toThrow("Only the product's own processes may do this.");
  });
});
