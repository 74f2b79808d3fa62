import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "../db/sql.ts";
import { type FreshDatabase, freshDatabase } from "../testing/fresh-database.ts";
import { lead } from "./lead.ts";

let database: FreshDatabase;
const open: Database[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await Promise.all(open.map((sql) => sql.close()));
  await database.drop();
});

/** A timer that only says whether it leads. */
function timer(name: string) {
  const sql = openDatabase({ url: database.url, applicationName: name, max: 2 });
  open.push(sql);
  const stop = new AbortController();
  const state = { leads: false, terms: 0, reports: [] as unknown[] };
  const work = async (lost: AbortSignal) => {
    state.leads = true;
    state.terms += 1;
    await new Promise((resolve) => lost.addEventListener("abort", resolve, { once: true }));
    state.leads = false;
  };
  const done = lead({ sql, abort: stop.signal, work, report: (error) => state.reports.push(error) });
  const end = async () => {
    stop.abort();
    await done;
  };
  return { state, sql, end };
}

const cut = (sql: Database, name: string) =>
  sql.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [name]);

it("has one leader; the other takes over when it ends", async () => {
  const first = timer("timer-a");
  await expect.poll(() => first.state.leads).toBe(true);
  const second = timer("timer-b");
  await expect
    .poll(async () => (await second.sql.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).length)
    .toBe(1);
  expect(second.state.leads).toBe(false);
  await first.end();
  expect(first.state.leads).toBe(false);
  await expect.poll(() => second.state.leads).toBe(true);
  await second.end();
});

it("stops leading when it loses the database, and another or itself leads again afterwards", async () => {
  const first = timer("timer-c");
  await expect.poll(() => first.state.leads).toBe(true);
  const second = timer("timer-d");
  await cut(second.sql, "timer-c");
  await expect.poll(() => first.state.terms + second.state.terms).toBe(2);
  await expect.poll(() => [first, second].filter((one) => one.state.leads).length).toBe(1);
  expect(first.state.reports.length).toBeGreaterThan(0);
  await Promise.all([first.end(), second.end()]);
});

it("tells of work that fails, and tries again", async () => {
  const sql = openDatabase({ url: database.url, applicationName: "timer-h", max: 2 });
  const stop = new AbortController();
  const reports: unknown[] = [];
  const work = () => Promise.reject(new Error("no room"));
  const done = lead({ sql, abort: stop.signal, work, report: (error) => reports.push(String(error)) });
  await expect.poll(() => reports).toEqual(["Error: no room", "Error: no room"]);
  stop.abort();
  await done;
  await sql.close();
});

it("ends without having led", async () => {
  const first = timer("timer-e");
  await expect.poll(() => first.state.leads).toBe(true);
  const second = timer("timer-f");
  await second.end();
  expect(second.state.terms).toBe(0);
  await first.end();
});

it("goes on trying while the database is away", async () => {
  const reports: unknown[] = [];
  const sql = openDatabase({ url: "postgresql://nobody@127.0.0.1:1/nowhere", applicationName: "timer-g" });
  const stop = new AbortController();
  const done = lead({ sql, abort: stop.signal, work: async () => {}, report: (error) => reports.push(error) });
  await expect.poll(() => reports.length).toBeGreaterThan(1);
  stop.abort();
  await done;
  await sql.close();
});
