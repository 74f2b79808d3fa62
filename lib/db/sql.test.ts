import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SchedulerError } from "../scheduler/errors.ts";
import { type FreshDatabase, freshDatabase } from "../testing/fresh-database.ts";
import { type Database, openDatabase } from "./sql.ts";

let database: FreshDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = openDatabase({
    url: database.url,
    max: 3,
    applicationName: "sql-test",
    statementTimeoutMs: 1000,
    lockTimeoutMs: 300,
  });
  await db.rows("CREATE TABLE note (id bigint PRIMARY KEY, text text NOT NULL)");
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

/** The number of the server process behind the session, to end it or to recognise it. */
const PID = "SELECT pg_backend_pid() AS pid";

const terminate = (pid: number) => db.rows("SELECT pg_terminate_backend($1)", [pid]);

describe("reading", () => {
  it("gives 64-bit integers as numbers and timestamps as dates", async () => {
    const row = await db.one("SELECT 9007199254740991::int8 AS big, count(*) AS n, to_timestamp(0) AS at");
    expect(row).toEqual({ big: Number.MAX_SAFE_INTEGER, n: 1, at: new Date(0) });
  });

  it("refuses a 64-bit integer that a number cannot hold", async () => {
    await expect(db.one("SELECT 9007199254740993::int8 AS big")).rejects.toThrow("9007199254740993 does not fit");
  });

  it("tells no row, one row and several apart", async () => {
    await expect(db.maybe("SELECT 1 WHERE false")).resolves.toBeUndefined();
    await expect(db.maybe("SELECT 1 AS a")).resolves.toEqual({ a: 1 });
    await expect(db.maybe("SELECT generate_series(1, 2)")).rejects.toThrow("there are 2");
    await expect(db.one("SELECT 1 WHERE false")).rejects.toThrow("there is none");
  });

  it("runs a prepared statement again and again", async () => {
    const plus = { name: "plus", text: "SELECT $1::int + 1 AS sum" };
    expect(await db.one(plus, [1])).toEqual({ sum: 2 });
    expect(await db.one(plus, [2])).toEqual({ sum: 3 });
  });
});

describe("transaction", () => {
  it("commits what the work wrote and gives back its value", async () => {
    const value = await db.transaction(async (tx) => tx.count("INSERT INTO note VALUES (1, 'kept')"));
    expect(value).toBe(1);
    expect(await db.rows("SELECT text FROM note WHERE id = 1")).toEqual([{ text: "kept" }]);
  });

  it("rolls back when the work throws, and keeps the connection", async () => {
    const refusal = new SchedulerError("conflict", "No.");
    const before = await db.one(PID);
    await expect(
      db.transaction(async (tx) => {
        await tx.rows("INSERT INTO note VALUES (2, 'lost')");
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(await db.maybe("SELECT 1 FROM note WHERE id = 2")).toBeUndefined();
    expect(await db.one(PID)).toEqual(before);
  });

  it("says so when the work swallowed an error, because nothing was written then", async () => {
    const swallowing = db.transaction(async (tx) => {
      await tx.rows("INSERT INTO note VALUES (3, 'lost')");
      await tx.rows("SELECT 1/0").catch(() => {});
    });
    await expect(swallowing).rejects.toThrow("rolled back");
  });

  it("cannot be used after its end", async () => {
    const kept = await db.transaction(async (tx) => ({ tx }));
    await expect(kept.tx.rows("SELECT 1")).rejects.toThrow("has ended");
  });

  it("runs again after a deadlock", async () => {
    await db.rows("INSERT INTO note VALUES (10, 'a'), (11, 'b')");
    let runs = 0;
    let waiting = 0;
    let bothHold: () => void = () => {};
    const both = new Promise<void>((resolve) => {
      bothHold = resolve;
    });
    const touch = (first: number, second: number) =>
      db.transaction(async (tx) => {
        runs += 1;
        await tx.rows("SET LOCAL lock_timeout = '10s'; SET LOCAL deadlock_timeout = '50ms'");
        await tx.rows("UPDATE note SET text = text || '.' WHERE id = $1", [first]);
        waiting += 1;
        if (waiting === 2) bothHold();
        await both;
        await tx.rows("UPDATE note SET text = text || '.' WHERE id = $1", [second]);
      });
    await Promise.all([touch(10, 11), touch(11, 10)]);
    expect(runs).toBe(3);
    expect(await db.rows("SELECT text FROM note WHERE id IN (10, 11) ORDER BY id")).toEqual([
      { text: "a.." },
      { text: "b.." },
    ]);
  });

  it("never hands on a connection whose session was ended inside a transaction", async () => {
    const broken = db.transaction(async (tx) => {
      const { pid } = await tx.one<{ pid: number }>(PID);
      await terminate(pid);
      await tx.rows("SELECT 1");
    });
    await expect(broken).rejects.toMatchObject({ code: "unavailable" });
    await Promise.all([1, 2, 3, 4].map((n) => expect(db.one("SELECT $1::int AS n", [n])).resolves.toEqual({ n })));
  });

  it("reports a commit whose answer was lost as unavailable", async () => {
    const lost = db.transaction(async (tx) => {
      const { pid } = await tx.one<{ pid: number }>(PID);
      await terminate(pid);
    });
    await expect(lost).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("a database that cannot answer", () => {
  it("is unavailable when nothing listens", async () => {
    const nowhere = openDatabase({ url: "postgresql://a:b@127.0.0.1:1/c", applicationName: "test" });
    await expect(nowhere.rows("SELECT 1")).rejects.toMatchObject({ code: "unavailable" });
    await expect(nowhere.transaction(async () => 1)).rejects.toMatchObject({ code: "unavailable" });
    await nowhere.close();
  });

  it("is unavailable when a statement takes too long, and the connection stays usable", async () => {
    await expect(db.rows("SELECT pg_sleep(3)")).rejects.toMatchObject({ code: "unavailable" });
    await expect(db.one("SELECT 1 AS a")).resolves.toEqual({ a: 1 });
  });

  it("is unavailable when a lock is held for too long", async () => {
    await db.transaction(async (tx) => {
      await tx.rows("LOCK TABLE note");
      await expect(db.rows("SELECT * FROM note")).rejects.toMatchObject({ code: "unavailable" });
    });
  });

  it("is unavailable when no connection gets free in time", async () => {
    const small = openDatabase({ url: database.url, max: 1, applicationName: "small", connectionTimeoutMillis: 100 });
    await small.transaction(async () => {
      await expect(small.rows("SELECT 1")).rejects.toMatchObject({ code: "unavailable" });
    });
    await small.close();
  });

  it("survives the end of an idle connection", async () => {
    const broken: Error[] = [];
    const other = openDatabase({
      url: database.url,
      applicationName: "other",
      onConnectionError: (error) => broken.push(error),
    });
    const { pid } = await other.one<{ pid: number }>(PID);
    await terminate(pid);
    await expect.poll(() => broken.length).toBeGreaterThan(0);
    expect((await other.one<{ pid: number }>(PID)).pid).not.toBe(pid);
    await other.close();
  });
});

describe("session", () => {
  it("keeps a lock until its end", async () => {
    await db.session(async (session) => {
      await session.rows("SELECT pg_advisory_lock(42)");
      expect(await db.one("SELECT pg_try_advisory_lock(42) AS free")).toEqual({ free: false });
    });
    await expect.poll(() => db.one("SELECT pg_try_advisory_lock(42) AS free")).toEqual({ free: true });
  });
});

describe("a mistake in a statement", () => {
  it("arrives as PostgreSQL's own error", async () => {
    await expect(db.rows("SELECT nonsense")).rejects.toMatchObject({ code: "42703" });
    await expect(db.rows("INSERT INTO note VALUES (1, NULL)")).rejects.toMatchObject({ code: "23502" });
  });
});
