import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SchedulerContext } from "../scheduler/context.ts";
import { type TestContext, testContext } from "./context.ts";
import { type Fate, MortalProcess } from "./crash.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
  await test.sql.count("CREATE TABLE notes (text text)");
});
afterAll(() => test.drop());
beforeEach(async () => {
  await test.sql.count("TRUNCATE notes");
});

const write = (text: string) => ({ name: `write-${text}`, text: `INSERT INTO notes VALUES ('${text}')` });
const notes = async () =>
  (await test.sql.rows<{ text: string }>("SELECT text FROM notes ORDER BY text")).map(({ text }) => text);

/** Doors: 0 a, 1 the transaction with 2 b and 3 c, 4 a Redis command, 5 d. */
async function verb(ctx: SchedulerContext, trace: string[] = []): Promise<string> {
  try {
    await ctx.sql.count(write("a"));
    await ctx.sql.transaction(async (tx) => {
      await tx.count(write("b"));
      await tx.count(write("c"));
    });
    await ctx.queues.of(1).epoch();
    await ctx.sql.count(write("d"));
    return "answered";
  } finally {
    trace.push("finally");
  }
}

/** Runs the verb until it has ended, died or stands still. */
async function run(fate: Fate | null, trace: string[] = []) {
  const process = new MortalProcess(fate);
  const done = verb(process.contextOver(test.ctx, test.redis), trace);
  const answer = await Promise.race([done, process.stopped.then(() => "nothing")]);
  return { process, done, answer };
}

describe("a mortal process", () => {
  it("without a fate does everything", async () => {
    const { process, answer } = await run(null);
    expect(answer).toBe("answered");
    expect(process).toMatchObject({ doors: 6, dead: false, frozen: false });
    expect(await notes()).toEqual(["a", "b", "c", "d"]);
  });

  it.each<[string, Fate, string[], boolean]>([
    ["before its first statement", { kind: "dies", at: 0, when: "before" }, [], false],
    ["after its first statement", { kind: "dies", at: 0, when: "after" }, ["a"], false],
    ["before its transaction", { kind: "dies", at: 1, when: "before" }, ["a"], false],
    ["in its transaction", { kind: "dies", at: 3, when: "after" }, ["a"], true],
    ["at a statement named", { kind: "dies", at: "write-c", when: "before" }, ["a"], true],
    ["after the commit, whose answer is lost", { kind: "dies", at: 1, when: "after" }, ["a", "b", "c"], false],
    ["after a Redis command", { kind: "dies", at: 4, when: "after" }, ["a", "b", "c"], false],
    ["at its end", { kind: "dies", at: 5, when: "after" }, ["a", "b", "c", "d"], false],
  ])("that dies %s does nothing more", async (_, fate, left, undone) => {
    const trace: string[] = [];
    const { process, answer } = await run(fate, trace);
    expect(answer).toBe("nothing");
    expect(process).toMatchObject({ dead: true, undone });
    expect(await notes()).toEqual(left);
    expect(trace).toEqual([]);
  });

  it("that dies in a transaction holds no lock any more", async () => {
    await run({ kind: "dies", at: 3, when: "before" });
    await test.sql.transaction((tx) => tx.count("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE NOWAIT"));
  });

  it.each<[string, Fate, string[]]>([
    ["after a statement", { kind: "freezes", at: 0 }, ["a"]],
    ["in a transaction, at its end", { kind: "freezes", at: 2 }, ["a", "b", "c"]],
  ])("that freezes %s goes on when told", async (_, fate, before) => {
    const { process, done, answer } = await run(fate);
    expect(answer).toBe("nothing");
    expect(process).toMatchObject({ frozen: true, dead: false });
    expect(await notes()).toEqual(before);
    process.thaw();
    expect(await done).toBe("answered");
    expect(await notes()).toEqual(["a", "b", "c", "d"]);
  });

  it("lets no two statements have one name", () => {
    const ctx = new MortalProcess(null).contextOver(test.ctx, test.redis);
    const named = (text: string) => ctx.sql.rows({ name: "named-twice", text });
    void named("SELECT 1");
    expect(() => named("SELECT 2")).toThrow("Two statements have the name named-twice: SELECT 1 and SELECT 2");
  });

  it("hears of errors like any other", async () => {
    const ctx = new MortalProcess(null).contextOver(test.ctx, test.redis);
    await expect(ctx.sql.count("SELECT nonsense")).rejects.toThrow('column "nonsense" does not exist');
    const broken = ctx.sql.transaction(async (tx) => {
      await tx.count(write("b"));
      throw new Error("no");
    });
    await expect(broken).rejects.toThrow("no");
    expect(await notes()).toEqual([]);
  });
});
