import { afterAll, beforeAll, expect, it } from "vitest";
import { openSignals, type RedisSignals } from "../redis/signals.ts";
import { type FreshRedis, freshRedis } from "../testing/fresh-redis.ts";
import { runTasks, type Task } from "./task.ts";

let server: FreshRedis;
let signals: RedisSignals;
beforeAll(async () => {
  server = await freshRedis();
  signals = openSignals(server.url);
});
afterAll(async () => {
  signals.close();
  await server.drop();
});

const silent = { failed: () => {}, recovered: () => {} };
const task = (part: Partial<Task>): Task => ({
  name: "task",
  everyMs: 60_000,
  topics: [],
  run: async () => {},
  ...part,
});

it("repeats each task in its own time, and at once when one of its topics is told", async () => {
  const abort = new AbortController();
  const runs = { often: 0, told: 0 };
  const often = task({ everyMs: 5, run: async () => void runs.often++ });
  const told = task({ topics: ["relay"], run: async () => void runs.told++ });
  const running = runTasks([often, told], signals, silent, abort.signal);
  await expect.poll(() => runs.often).toBeGreaterThan(5);
  expect(runs.told).toBe(1);
  signals.send("relay");
  await expect.poll(() => runs.told).toBe(2);
  abort.abort();
  await running;
});

it("does not lose a wake-up that comes while the task works", async () => {
  const abort = new AbortController();
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const slow = task({ topics: ["relay"], run: () => (runs++ === 0 ? gate.promise : Promise.resolve()) });
  const running = runTasks([slow], signals, silent, abort.signal);
  await expect.poll(() => runs).toBe(1);
  signals.send("relay");
  gate.resolve();
  await expect.poll(() => runs).toBe(2);
  abort.abort();
  await running;
});

it("lets a task that throws, or never ends, hold up no other, and tells of a failure once until it is over", async () => {
  const abort = new AbortController();
  const told: string[] = [];
  const gate = Promise.withResolvers<void>();
  const runs = { sick: 0, well: 0 };
  const sick = task({
    name: "sick",
    everyMs: 5,
    run: async () => {
      runs.sick++;
      if (runs.sick <= 3) throw new Error("ill");
    },
  });
  const stuck = task({ name: "stuck", run: () => gate.promise });
  const well = task({ name: "well", everyMs: 5, run: async () => void runs.well++ });
  const report = {
    failed: (name: string, error: unknown) => told.push(`${name}: ${error}`),
    recovered: (name: string) => told.push(`${name} recovered`),
  };
  const running = runTasks([sick, stuck, well], signals, report, abort.signal);
  await expect.poll(() => runs.sick).toBeGreaterThan(5);
  await expect.poll(() => runs.well).toBeGreaterThan(5);
  expect(told).toEqual(["sick: Error: ill", "sick recovered"]);
  abort.abort();
  gate.resolve();
  await running;
});
