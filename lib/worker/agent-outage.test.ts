import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findCheckout, processesOfRun, processesWith, someWork, startAgent } from "../testing/agent-harness.ts";
import type { AgentDeps } from "./agent.ts";
import { REAL_SURROUNDINGS } from "./retry.ts";

const soon = { timeout: 45_000, interval: 20 };

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

  it("is away for five minutes: the run goes on and nothing of it is lost or told twice", async () => {
    // A clock that runs a hundred times as fast for every wait of the agent.
    const clock = () => performance.now() * 100;
    const sleep: AgentDeps["sleep"] = (ms, signal) => REAL_SURROUNDINGS.sleep(ms / 100, signal);
    const { server } = await startAgent({ deps: { now: clock, sleep, random: Math.random } });
    const work = someWork("i=0; while [ ! -e go ]; do i=$((i+1)); echo line $i; sleep 0.01; done; echo lines $i");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("line 3\n");
    const checkout = await findCheckout(work.runId);
    const claims = server.claims.length;
    const endsAt = clock() + 300_000;
    await server.close();
    await expect.poll(clock, soon).toBeGreaterThan(endsAt);
    await server.open();
    writeFileSync(path.join(checkout, "go"), "");
    await expect.poll(() => server.told(work.runId).finishes, soon).toMatchObject([{ result: "success" }]);
    const log = server.logOf(work.runId);
    const printed = [...log.matchAll(/^line (\d+)$/gm)].map((line) => Number(line[1]));
    expect(printed).toEqual(Array.from({ length: Number(/^lines (\d+)$/m.exec(log)?.[1]) }, (_, index) => index + 1));
    expect(log).not.toMatch(/are missing here/);
    await expect.poll(() => server.claims.length, soon).toBe(claims + 1); // the next one, not this one again
  });

  it("stops a run without a word when somebody else got it during the outage", async () => {
    const { server } = await startAgent();
    const work = someWork("echo on; sleep 1000");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    await server.close();
    server.order(work.runId, "stop");
    await server.open();
    await expect.poll(() => processesOfRun(work.runId), soon).toEqual([]);
    await expect.poll(() => server.claims.length, soon).toBe(2);
    expect(server.told(work.runId).finishes).toEqual([]);
  });

  it("asks at least four times in a lease, however short", async () => {
    const { server } = await startAgent();
    for (const [leaseSeconds, waitSeconds] of [
      [3, 0],
      [8, 2],
      [60, 10],
      [3_600, 10],
    ] as const) {
      const work = someWork("echo on; sleep 1000", { leaseSeconds });
      server.offer(work);
      const beat = () => server.heartbeats.find(({ runIds }) => runIds.includes(work.runId));
      await expect.poll(beat, soon).toEqual({ runIds: [work.runId], waitSeconds });
      server.order(work.runId, "stop");
      await expect.poll(() => processesOfRun(work.runId), soon).toEqual([]);
    }
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
    await expect.poll(() => processesWith(secret), soon).toEqual([]);
    await server.open();
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("exception");
    expect(server.told(work.runId).finishes[0]?.reason).toMatch(/exclusive/);
  });
});
