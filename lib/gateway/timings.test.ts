import { afterAll, beforeAll, expect, it } from "vitest";
import { finish } from "../testing/farm.ts";
import { type GatewayHarness, openGatewayHarness, sha256 } from "../testing/gateway-harness.ts";

let web: GatewayHarness;
beforeAll(async () => {
  web = await openGatewayHarness();
});
afterAll(() => web.close());

/** A worker with a run of a chunk, and how it ends that run. */
async function runningChunk() {
  const farm = await web.farm();
  await farm.submit({ name: "unit-1", kind: "test", chunk: { suite: "unit", index: 1, of: 2 } });
  const worker = await web.worker(farm);
  const { runId } = await web.claim(farm, worker.session);
  const body = finish("success", { log: { chunks: 0, bytes: 0, lines: 0, sha256: sha256("") } });
  const end = (timings: unknown) =>
    web.ask("POST", `/worker/v1/runs/${runId}/finish`, { bearer: worker.session, body: { ...body, timings } });
  const measured = () =>
    web.test.sql.rows<{ item: string; ms: number }>(
      `SELECT item, ms FROM chunk_timings t JOIN branches b USING (repository_id) WHERE b.id = $1 ORDER BY item`,
      [farm.branchId],
    );
  return { end, measured };
}

it("takes as many timings as an agent may send, and the same result again with others", async () => {
  const { end, measured } = await runningChunk();
  const most = Array.from({ length: 20_000 }, (_, index) => ({ part: `${index}`.padEnd(60, "é"), seconds: 0.5 }));
  expect((await end(most)).status).toBe(200);
  expect(await measured()).toHaveLength(20_000);
  expect((await end([{ part: "later", seconds: 1 }])).status).toBe(200);
  expect(await measured()).toHaveLength(20_001);
});

it.each([
  ["no list", {}],
  ["no name", [{ part: "", seconds: 1 }]],
  ["a control character", [{ part: "a\nb", seconds: 1 }]],
  ["a long name", [{ part: "x".repeat(501), seconds: 1 }]],
  ["less than no time", [{ part: "a", seconds: -1 }]],
  ["more than a day", [{ part: "a", seconds: 86_401 }]],
  ["no time", [{ part: "a" }]],
  ["too many", Array.from({ length: 20_001 }, () => ({ part: "a", seconds: 1 }))],
])("refuses timings with %s", async (_what, timings) => {
  const { end, measured } = await runningChunk();
  expect((await end(timings)).status).toBe(422);
  expect(await measured()).toEqual([]);
  expect((await end([{ part: "a", seconds: 2 }])).status).toBe(200);
  expect(await measured()).toEqual([{ item: "a", ms: 2_000 }]);
});

it("refuses a result of more than 4 MiB", async () => {
  const { end } = await runningChunk();
  const huge = Array.from({ length: 9_000 }, () => ({ part: "x".repeat(500), seconds: 1 }));
  expect((await end(huge)).status).toBe(413);
});
