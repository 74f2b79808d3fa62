import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeUser } from "../testing/rows.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { actorKey, auditRefusal, record, recordAll } from "./record.ts";

let test: TestContext;
let dev: SchedulerContext;
beforeAll(async () => {
  test = await testContext();
  const userId = await makeUser(test.sql, { login: "dev" });
  const roles = ["developer"] as const;
  dev = test.as({ kind: "user", userId, login: "dev", roles, scopes: [], via: "session:7", ip: "127.0.0.1" });
});
afterAll(() => test.drop());

const audits = (object: string) =>
  test.sql.rows(
    `SELECT user_id IS NOT NULL AS person, actor, via, from_ip, action, before, after, outcome, request_id
     FROM audit_entries WHERE object = $1 ORDER BY id`,
    [object],
  );

describe("record", () => {
  it("writes who did what, and what changed, in the same transaction", async () => {
    const audit = { action: "job.cancel", object: "job:1", before: { state: "queued" }, after: { state: "done" } };
    await test.sql.transaction((tx) => record(tx, dev, { event: { type: "job.cancelled", jobId: 1 }, audit }));
    expect(await audits("job:1")).toEqual([
      {
        person: true,
        actor: "dev",
        via: "session:7",
        from_ip: "127.0.0.1",
        action: "job.cancel",
        before: { state: "queued" },
        after: { state: "done" },
        outcome: "done",
        request_id: "test",
      },
    ]);
    const events = "SELECT seq, type, job_id, run_id, body FROM events WHERE job_id = 1";
    expect(await test.sql.rows(events)).toEqual([
      { seq: null, type: "job.cancelled", job_id: 1, run_id: null, body: {} },
    ]);
    const undone = test.sql.transaction(async (tx) => {
      await record(tx, dev, { audit: { action: "x", object: "undone" } });
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await audits("undone")).toEqual([]);
  });

  it("keeps the order of many, and takes out what PostgreSQL cannot store", async () => {
    const events = Array.from({ length: 300 }, (_, index) => ({
      type: "job.created" as const,
      pushId: 77,
      jobId: index + 1000,
      body: { text: "a\0b \ud800" },
    }));
    await recordAll(test.sql, test.ctx, { events });
    const rows = await test.sql.rows<{ job: number; text: string }>(
      "SELECT job_id AS job, body->>'text' AS text FROM events WHERE push_id = 77 ORDER BY id",
    );
    expect(rows.map((row) => row.job)).toEqual(events.map((event) => event.jobId));
    expect(rows[0]?.text).toBe("ab \ufffd");
    await recordAll(test.sql, test.ctx, {});
  });
});

describe("auditRefusal", () => {
  it("notes a refusal although the transaction is undone, and nothing else", async () => {
    const what = { action: "job.cancel", object: "job:2" };
    const refuse = () => Promise.reject(new SchedulerError("forbidden", "Not yours."));
    await expect(auditRefusal(dev, what, refuse)).rejects.toMatchObject({ code: "forbidden" });
    const other = () => Promise.reject(new SchedulerError("conflict", "Too late."));
    await expect(auditRefusal(dev, what, other)).rejects.toMatchObject({ code: "conflict" });
    expect(await auditRefusal(dev, what, async () => 5)).toBe(5);
    expect(await audits("job:2")).toMatchObject([{ outcome: "refused", after: { reason: "Not yours." } }]);
  });
});

describe("actorKey", () => {
  it("tells all actors apart", () => {
    const base = { via: "x", ip: null, name: "a", scopes: [] };
    const keys = [
      actorKey(dev.actor),
      actorKey({ ...base, kind: "hook" }),
      actorKey({ ...base, kind: "worker", workerId: 1, bootId: "b" }),
      actorKey({ kind: "system", name: "a", via: "system", ip: null }),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});
