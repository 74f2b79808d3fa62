import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonicalJson } from "../../db/to-jsonb.ts";
import { type TestContext, testContext } from "../../testing/context.ts";
import { withServer } from "../../testing/template.ts";
import { chainAudit } from "./chain-audit.ts";
import { verifyAudit } from "./verify-audit.ts";

let test: TestContext;
beforeEach(async () => {
  test = await testContext();
});
afterEach(() => test.drop());

const write = (count: number) =>
  test.sql.count(
    `INSERT INTO audit_entries (actor, via, from_ip, action, object, before, after, outcome, request_id)
     SELECT 'dev', 'session:1', '127.0.0.1', 'job.cancel', 'job:' || n, '{"state": "queued", "list": [1, {"b": 1, "a": null}]}', NULL, 'done', 'r'
     FROM generate_series(1, $1::int) n`,
    [count],
  );
/** What somebody with the owner's rights and bad intentions could do. */
const tamper = (statement: string) =>
  withServer(test.databaseUrl, async (client) => {
    await client.query("SET session_replication_role = replica"); // no triggers
    await client.query(statement);
  });

describe("chainAudit", () => {
  it("chains what is committed, and says where the chain ends", async () => {
    expect(await chainAudit(test.ctx)).toEqual({ chained: 0, more: false, head: null });
    await write(3);
    const first = await chainAudit(test.ctx);
    expect(first).toMatchObject({ chained: 3, more: false, head: { seq: 3 } });
    await write(501);
    expect(await chainAudit(test.ctx)).toMatchObject({ chained: 500, more: true });
    expect(await chainAudit(test.ctx)).toMatchObject({ chained: 1, more: false, head: { seq: 504 } });
    const verdict = await verifyAudit(test.ctx, first.head ? { knownHead: first.head } : {});
    expect(verdict).toMatchObject({ ok: true, verified: 504 });
  });

  it("is one chain when several relays make it at once", async () => {
    await write(300);
    await Promise.all(Array.from({ length: 4 }, () => chainAudit(test.ctx)));
    expect(await verifyAudit(test.ctx)).toMatchObject({ ok: true, verified: 300 });
  });

  it("leaves entries that nobody can change afterwards", async () => {
    await write(2);
    await chainAudit(test.ctx);
    for (const statement of [
      "UPDATE audit_entries SET actor = 'nobody'",
      "UPDATE audit_entries SET hash = 'x'",
      "DELETE FROM audit_entries",
      "TRUNCATE audit_entries",
    ])
      await expect(test.sql.count(statement)).rejects.toThrow("audit entries are only appended");
  });
});

describe("verifyAudit", () => {
  it("accepts an empty chain", async () => {
    expect(await verifyAudit(test.ctx)).toMatchObject({ ok: true, verified: 0 });
  });

  it.each([
    ["a changed actor", "UPDATE audit_entries SET actor = 'nobody' WHERE seq = 3", 3, "was changed"],
    ["a changed value", `UPDATE audit_entries SET before = '{"state": "done"}' WHERE seq = 4`, 4, "was changed"],
    [
      "a changed time",
      "UPDATE audit_entries SET created_at = created_at + interval '1 ms' WHERE seq = 2",
      2,
      "was changed",
    ],
    ["a removed entry", "DELETE FROM audit_entries WHERE seq = 3", 3, "is missing"],
    ["a removed end", "DELETE FROM audit_entries WHERE seq = 5", 5, "is missing, though 5 were chained"],
    ["a rewritten hash", "UPDATE audit_entries SET hash = repeat('0', 64) WHERE seq = 1", 1, "was changed"],
    [
      "another predecessor",
      "UPDATE audit_entries SET prev_hash = repeat('1', 64) WHERE seq = 2",
      2,
      "does not point to",
    ],
    [
      "two entries that changed places",
      "UPDATE audit_entries SET seq = 1007 - seq WHERE seq IN (3, 4); UPDATE audit_entries SET seq = seq - 1000 WHERE seq > 1000",
      3,
      "does not point to",
    ],
  ])("finds %s", async (_, statement, seq, problem) => {
    await write(5);
    await chainAudit(test.ctx);
    await tamper(statement);
    const verdict = await verifyAudit(test.ctx);
    expect(verdict).toMatchObject({ ok: false, seq });
    expect(verdict.ok ? "" : verdict.problem).toContain(`Audit entry number ${seq} ${problem}`);
  });

  it("finds a chain that was made anew or cut off, by a head that was kept elsewhere", async () => {
    await write(5);
    const { head } = await chainAudit(test.ctx);
    if (!head) throw new Error("nothing was chained");
    await tamper("UPDATE audit_entries SET actor = 'nobody', seq = NULL, prev_hash = NULL, hash = NULL");
    await tamper("UPDATE counters SET value = 0 WHERE name = 'audit'");
    await chainAudit(test.ctx);
    expect(await verifyAudit(test.ctx)).toMatchObject({ ok: true });
    expect(await verifyAudit(test.ctx, { knownHead: head })).toMatchObject({ ok: false, seq: 5 });
    await tamper("DELETE FROM audit_entries WHERE seq = 5");
    await tamper("UPDATE counters SET value = 4 WHERE name = 'audit'");
    expect(await verifyAudit(test.ctx)).toMatchObject({ ok: true });
    expect(await verifyAudit(test.ctx, { knownHead: head })).toMatchObject({ ok: false, seq: 5 });
  });
});

describe("canonicalJson", () => {
  it("is the same for equal values, whatever the order of their keys", () => {
    const expected = '{"a":true,"b":[1,{"c":"x","d":null}]}';
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: true })).toBe(expected);
    expect(canonicalJson({ a: true, b: [1, { c: "x", d: null }] })).toBe(expected);
  });
});
