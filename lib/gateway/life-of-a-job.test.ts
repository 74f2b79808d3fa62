import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Work } from "../contracts/work.ts";
import { cancelJobs } from "../scheduler/cancel-jobs.ts";
import { type GatewayHarness, openGatewayHarness, sha256, someBytes } from "../testing/gateway-harness.ts";

let web: GatewayHarness;
beforeAll(async () => {
  web = await openGatewayHarness();
});
afterAll(() => web.close());

it("carries a build and the test that needs it from registration to their results", async () => {
  const farm = await web.farm();
  const [buildId = 0, testId = 0] = await farm.submit(
    { name: "build", artifacts: ["app.zip"] },
    { name: "test", needs: ["build"] },
  );
  const worker = await web.worker(farm);
  const bearer = worker.session;
  const build = await web.claim(farm, bearer);
  expect(build).toMatchObject({ jobIds: [buildId], builder: "build", needs: [] });
  const run = { runId: build.runId, session: bearer };
  const path = `/worker/v1/runs/${run.runId}`;

  const step = (body: object) => web.ask("POST", `${path}/steps`, { bearer, body });
  expect((await step({ index: 0, name: "build", firstLine: 1 })).status).toBe(200);
  const [first, second] = [Buffer.from("$ make\n"), Buffer.from("done\n")];
  expect((await web.sendChunk(run, 0, 0, first)).json()).toEqual({ nextNumber: 1, nextOffset: 7 });
  const packed = { body: gzipSync(second), headers: { "content-encoding": "gzip" } };
  expect((await web.sendChunk(run, 1, 7, second, packed)).json()).toEqual({ nextNumber: 2, nextOffset: 12 });
  expect((await step({ index: 0, name: "build", result: "success", exitCode: 0 })).status).toBe(200);
  const bytes = someBytes(300_000);
  expect((await web.upload(run, "out/app.zip", bytes)).status).toBe(200);

  const beat = await web.ask("POST", "/worker/v1/heartbeat", { bearer, body: { runIds: [run.runId], waitSeconds: 0 } });
  expect(beat.json()).toEqual({ runs: [{ runId: run.runId, order: "continue" }] });

  const log = { chunks: 2, bytes: 12, lines: 2, sha256: sha256("$ make\ndone\n") };
  const end = { result: "success", outputs: { version: "1.2" }, log };
  for (const _ of ["once", "and again"]) {
    const finished = await web.ask("POST", `${path}/finish`, { bearer, body: end });
    expect([finished.status, finished.json()]).toEqual([200, { runId: run.runId, result: "success" }]);
  }
  const other = await web.ask("POST", `${path}/finish`, { bearer, body: { ...end, result: "failure" } });
  expect([other.status, other.json().state]).toEqual([409, "done"]);
  expect(await farm.job(buildId)).toMatchObject({ state: "done", result: "success" });
  const stored = await farm.sql.one(
    `SELECT log_chunks AS chunks, log_bytes AS bytes, log_lines AS lines, log_sha256 AS sha256, log_complete AS complete
     FROM runs WHERE id = $1`,
    [run.runId],
  );
  expect(stored).toEqual({ ...log, complete: true });

  const test = await web.claim(farm, bearer);
  expect(test).toMatchObject({ jobIds: [testId], properties: { version: "1.2" } });
  const [need] = test.needs;
  expect(need).toMatchObject({ builder: "build", name: "out/app.zip", size: 300_000, sha256: sha256(bytes) });
  const fetched = await web.ask("GET", need?.url ?? "", { bearer });
  expect(fetched.status).toBe(200);
  expect(fetched.bytes.equals(bytes)).toBe(true);
});

it("answers a claim that waits as soon as a job arrives", async () => {
  const farm = await web.farm();
  const { session } = await web.worker(farm);
  const input = { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 20 };
  const claim = web.ask("POST", "/worker/v1/claim", { bearer: session, body: input });
  const [jobId] = await farm.submit();
  await farm.relay();
  expect(((await claim).json().work as Work).jobIds).toEqual([jobId]);
});

it("gives a claim whose answer was lost the same run again", async () => {
  const farm = await web.farm();
  await farm.submit();
  await farm.submit();
  const { session } = await web.worker(farm);
  const body = { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 0 };
  const claim = async () => (await web.ask("POST", "/worker/v1/claim", { bearer: session, body })).json().work as Work;
  const { runId } = await claim();
  expect((await claim()).runId).toBe(runId);
});

it("stops waiting for work when the worker has gone", async () => {
  const farm = await web.farm();
  const { session, workerId } = await web.worker(farm);
  const waiting = () => web.test.ctx.queues.waiting.find(farm.poolId, [workerId]);
  const gone = new AbortController();
  const body = { claimId: randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 20 };
  const claim = web.ask("POST", "/worker/v1/claim", { bearer: session, body, signal: gone.signal });
  await expect.poll(waiting).toHaveLength(1); // the claim has arrived
  gone.abort();
  await expect(claim).rejects.toThrow("aborted");
  await expect.poll(waiting).toEqual([]);
  const [jobId = 0] = await farm.submit();
  await farm.relay();
  const other = await web.worker(farm);
  expect((await web.claim(farm, other.session)).jobIds).toEqual([jobId]);
});

it("tells a worker at once that its run is cancelled, and takes what it still says", async () => {
  const farm = await web.farm();
  const [jobId = 0] = await farm.submit();
  const { session } = await web.worker(farm);
  const { runId } = await web.claim(farm, session);
  const body = { runIds: [runId], waitSeconds: 10 };
  const beat = web.ask("POST", "/worker/v1/heartbeat", { bearer: session, body });
  await cancelJobs(farm.as(), { jobIds: [jobId] });
  expect((await beat).json()).toEqual({ runs: [{ runId, order: "cancel" }] });
  const line = Buffer.from("[selfserve] cancelled\n");
  expect((await web.sendChunk({ runId, session }, 0, 0, line)).status).toBe(200);
  const log = { chunks: 1, bytes: line.length, lines: 1, sha256: sha256(line) };
  const finish = await web.ask("POST", `/worker/v1/runs/${runId}/finish`, {
    bearer: session,
    body: { result: "success", log },
  });
  expect(finish.json()).toEqual({ runId, result: "cancelled" });
});

it("lets a job end only when its whole log is here, and says where to go on", async () => {
  const farm = await web.farm();
  const run = await web.running(farm);
  const bytes = Buffer.from("all of it\n");
  const log = { chunks: 1, bytes: bytes.length, lines: 1, sha256: sha256(bytes) };
  const finish = (part: object) =>
    web.ask("POST", `/worker/v1/runs/${run.runId}/finish`, {
      bearer: run.session,
      body: { result: "success", log: { ...log, ...part } },
    });
  const early = await finish({});
  expect([early.status, early.json()]).toMatchObject([409, { code: "conflict", nextNumber: 0, nextOffset: 0 }]);
  await web.sendChunk(run, 0, 0, bytes);
  const wrong = await finish({ sha256: sha256("something else") });
  expect([wrong.status, wrong.json().detail]).toEqual([409, expect.stringContaining("SHA-256")]);
  expect((await finish({ bytes: 9 })).status).toBe(409);
  expect(await farm.runState(run.runId)).toBe("running");
  expect((await finish({})).status).toBe(200);
});
