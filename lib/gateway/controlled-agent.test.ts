import { afterAll, beforeAll, expect, it } from "vitest";
import { disableWorker } from "../scheduler/disable-worker.ts";
import { probeWorker } from "../scheduler/probe-worker.ts";
import { quarantineWorker } from "../scheduler/quarantine-worker.ts";
import { releaseWorker } from "../scheduler/release-worker.ts";
import { processesOfRun } from "../testing/agent-harness.ts";
import { farmWithAgent } from "../testing/farm-with-agent.ts";
import { type GatewayHarness, openGatewayHarness } from "../testing/gateway-harness.ts";

// A real agent whose worker is taken out of service.

const soon = { timeout: 45_000, interval: 30 };
let web: GatewayHarness;
beforeAll(async () => {
  web = await openGatewayHarness();
});
afterAll(() => web.close());

const steps = (run: string) => [{ name: "work", run, timeoutSeconds: 600 }];

/** The run that a job has now. */
async function liveRun(jobId: number): Promise<number> {
  let runId = 0;
  const find = async () => {
    const sql = "SELECT run_id AS id FROM run_members WHERE job_id = $1 AND live";
    runId = (await web.test.sql.maybe<{ id: number }>(sql, [jobId]))?.id ?? 0;
    return runId;
  };
  await expect.poll(find, soon).toBeGreaterThan(0);
  return runId;
}

it("stops what it runs when it is disabled, asks calmly until it is released, and works again", async () => {
  const { farm, jobIds, name, log } = await farmWithAgent(web, { steps: steps("sleep 600") });
  const [jobId = 0] = jobIds;
  const runId = await liveRun(jobId);
  await expect.poll(() => processesOfRun(runId).length, soon).toBeGreaterThan(0);

  await disableWorker(web.test.ctx, { worker: name, reason: "Its room is too hot." });
  await expect.poll(() => processesOfRun(runId).length, soon).toBe(0);
  const told = () => log.filter((line) => line.startsWith("Registering"));
  await expect.poll(told, soon).toHaveLength(1);
  expect(told()[0]).toContain(`The worker ${name} is disabled, so it cannot register until an admin releases it`);
  expect(told()[0]).toContain("Its room is too hot.");
  expect(await farm.runState(runId)).toBe("lost");
  expect((await farm.job(jobId)).state).toBe("queued");

  await releaseWorker(web.test.ctx, { worker: name });
  expect(await liveRun(jobId)).toBeGreaterThan(runId);
  expect(told()).toHaveLength(1);
});

it("stops its runs also when no heartbeat tells it", async () => {
  const { jobIds, name } = await farmWithAgent(web, { steps: steps("sleep 600") });
  const [jobId = 0] = jobIds;
  const runId = await liveRun(jobId);
  await expect.poll(() => processesOfRun(runId).length, soon).toBeGreaterThan(0);
  const comeBack = await web.vanish(); // the heartbeat that waits breaks, and the next one finds no session
  await disableWorker(web.test.ctx, { worker: name, reason: "x" });
  await comeBack();
  await expect.poll(() => processesOfRun(runId).length, soon).toBe(0);
});

it("waits in quarantine without asking all the time, runs its probes, and works again once it is released", async () => {
  const { farm, jobIds, name, log, submit } = await farmWithAgent(web, { steps: steps("true") });
  const [first = 0] = jobIds;
  await expect.poll(async () => (await farm.job(first)).result, soon).toBe("success");
  await quarantineWorker(web.test.ctx, { worker: name, reason: "x" });
  const [waiting = 0] = await submit({ steps: steps("true") });
  await farm.relay();
  const probe = await probeWorker(web.test.ctx, { worker: name, jobId: first });
  await expect.poll(async () => (await farm.job(probe.id)).result, soon).toBe("success");
  expect((await farm.job(waiting)).state).toBe("queued");
  expect(log.filter((line) => line.includes("could not claim"))).toEqual([]);

  await releaseWorker(web.test.ctx, { worker: name });
  await expect.poll(async () => (await farm.job(waiting)).result, soon).toBe("success");
});
