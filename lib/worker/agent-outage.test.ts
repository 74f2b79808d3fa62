import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findCheckout, processesOfRun, processesWith, someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 10_000, interval: 20 };

describe("a server that comes and goes", () => {
  it("does not disturb a run: its whole log and its result arrive afterwards", async () => {
    const { server } = await startAgent();
    const work = someWork("echo before; while [ ! -e go ]; do sleep 0.05; done; echo after");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("before\n");
    await server.close();
    const checkout = await findCheckout(work.runId);
    writeFileSync(path.join(checkout, "go"), "");
    await expect.poll(() => processesOfRun(work.runId).length, soon).toBe(0);
    await server.open();
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(server.logOf(work.runId)).toMatch(/before\nafter\n/);
    expect(server.told(work.runId).finishes.length).toBe(1);
  });

  it("drops what the buffer cannot hold while it is away, says so, and still finishes", async () => {
    const { server } = await startAgent({ deps: { maxPendingLogBytes: 100_000 } });
    const work = someWork("echo before; while [ ! -e go ]; do sleep 0.05; done; seq 1 200000; echo last");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("before\n");
    server.intercept = (request) => {
      if (!request.url?.includes("/log")) return false;
      request.destroy();
      return true;
    };
    writeFileSync(path.join(await findCheckout(work.runId), "go"), "");
    await expect.poll(() => processesOfRun(work.runId).length, soon).toBe(0);
    server.intercept = () => false;
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(server.logOf(work.runId)).toMatch(/\[selfserve\] \d+ lines \(\d+ bytes\) are missing here/);
  });

  it("answers a lost claim with the same claim id", async () => {
    const { server } = await startAgent();
    await expect.poll(() => server.claims.length, soon).toBe(1);
    const work = someWork("echo once");
    server.work.push(work);
    server.intercept = (request, response) => {
      if (request.url !== "/worker/v1/claim") return false;
      response.destroy();
      return true;
    };
    server.release(); // the held claim is answered with the work
    server.intercept = () => false;
    await expect.poll(() => server.told(work.runId).finishes.length, soon).toBe(1);
  });

  it("asks again with the same claim id until it is answered", async () => {
    const ids: string[] = [];
    const { server } = await startAgent();
    await expect.poll(() => server.claims.length, soon).toBe(1);
    let lost = 0;
    server.intercept = (request, response) => {
      if (request.url !== "/worker/v1/claim" || lost >= 3) return false;
      let body = "";
      request.on("data", (part) => (body += part));
      request.on("end", () => {
        ids.push(JSON.parse(body).claimId);
        response.destroy();
      });
      lost++;
      return true;
    };
    server.release();
    await expect.poll(() => server.claims.length, soon).toBe(2);
    expect(new Set([...ids, server.claims[1]?.claimId]).size).toBe(1);
    expect(ids.length).toBe(3);
  });

  it("registers again with the same boot when its session is refused, and keeps the run", async () => {
    const { server } = await startAgent();
    const work = someWork("echo before; while [ ! -e go ]; do sleep 0.05; done");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("before\n");
    server.forgetSessions();
    writeFileSync(path.join(await findCheckout(work.runId), "go"), "");
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(server.registrations.length).toBe(2);
    expect(new Set(server.registrations.map(({ body }) => body.bootId)).size).toBe(1);
    expect(server.registrations[0]).toMatchObject({
      bearer: "pool-token",
      body: { pools: ["linux"], poolTokens: { linux: "pool-token" } },
    });
  });

  it("ends an exclusive run before its lease can be over, and says why afterwards", async () => {
    const { server } = await startAgent();
    const secret = randomUUID();
    const work = someWork("trap '' TERM; echo on; sleep 1000 & wait", {
      exclusive: true,
      leaseSeconds: 3,
      env: { CANARY: secret },
    });
    server.offer(work);
    await expect.poll(() => server.heartbeats.length, soon).toBeGreaterThan(0);
    server.release();
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    await server.close();
    await expect.poll(() => processesWith(secret), { timeout: 3_500, interval: 20 }).toEqual([]);
    await server.open();
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("exception");
    expect(server.told(work.runId).finishes[0]?.reason).toMatch(/exclusive/);
  });
});
