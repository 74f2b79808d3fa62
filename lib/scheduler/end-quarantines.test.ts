import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { toldOfWorker, workerToControl } from "../testing/controlled-worker.ts";
import { endQuarantines } from "./end-quarantines.ts";
import { listWorkers } from "./list-workers.ts";
import { quarantineWorker } from "./quarantine-worker.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

const setUp = () => workerToControl(test);
const told = (name: string) => toldOfWorker(test, name);

describe("endQuarantines", () => {
  const inThePast = (name: string) =>
    test.sql.count("UPDATE workers SET quarantined_until = clock_timestamp() - interval '1 ms' WHERE name = $1", [
      name,
    ]);
  const controlOf = async (name: string) => (await listWorkers(test.ctx)).find((one) => one.name === name)?.control;

  it("ends those whose time is over by the database's clock, and no others", async () => {
    const [over, open, endless] = [await setUp(), await setUp(), await setUp()];
    await quarantineWorker(over.sheriff, { worker: over.name, reason: "x", minutes: 5 });
    await quarantineWorker(open.sheriff, { worker: open.name, reason: "x", minutes: 5 });
    await quarantineWorker(endless.sheriff, { worker: endless.name, reason: "x" });
    expect(await endQuarantines(test.ctx)).toBe(0);
    await inThePast(over.name);
    expect(await endQuarantines(test.ctx)).toBe(1);
    expect(await endQuarantines(test.ctx)).toBe(0);
    expect([await controlOf(over.name), await controlOf(open.name), await controlOf(endless.name)]).toEqual([
      "enabled",
      "quarantined",
      "quarantined",
    ]);
    expect((await told(over.name)).at(-1)).toMatchObject({ control: "enabled", by: null });
    expect(await over.farm.auditOf(`worker:${over.name}`)).toContain("worker.release done test");
  });

  it("wakes the worker, and is the product's own task", async () => {
    const { farm, worker, name, workerId, sheriff } = await setUp();
    await quarantineWorker(sheriff, { worker: name, reason: "x", minutes: 5 });
    const [jobId] = await farm.submit();
    await farm.relay();
    await inThePast(name);
    const woken = test.signals.next([`worker:${workerId}`], 60_000);
    await endQuarantines(test.ctx);
    expect(await woken).toBe(true);
    expect((await farm.claimOrThrow(worker)).jobIds).toEqual([jobId]);
    await expect(endQuarantines(sheriff)).rejects.toMatchObject({ code: "forbidden" });
  });
});
