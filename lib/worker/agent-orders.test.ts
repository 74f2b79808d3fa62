import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { hangingRepository, processesWith, someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 45_000, interval: 20 };

describe("orders", () => {
  it("cancel: no process is left, not even one that hid or ignores TERM, and the run ends as cancelled", async () => {
    const { server } = await startAgent();
    const secret = randomUUID();
    const hidden = "setsid sh -c 'trap \"\" TERM; sleep 1000 & wait' & env -i setsid sleep 1000 & (sleep 1000 &) ; ";
    const work = someWork(`${hidden} echo on; : ${secret}; sleep 1000`, { env: { CANARY: secret } });
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    expect(processesWith(secret).length).toBeGreaterThan(3);
    server.order(work.runId, "cancel");
    await expect.poll(() => processesWith(secret), soon).toEqual([]);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("cancelled");
    expect(server.logOf(work.runId)).toContain("cancelled");
  });

  it("cancel: an ordinary sleeping step is gone without waiting for the grace", async () => {
    const { server } = await startAgent({ deps: { graceMs: 600_000 } });
    const work = someWork("echo on; sleep 1000");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    server.order(work.runId, "cancel");
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("cancelled");
  });

  it("cancel: does not wait for an upload that hangs", async () => {
    const { server } = await startAgent();
    const work = someWork("echo x >x.txt", { artifacts: ["x.txt"] });
    let uploads = 0;
    server.intercept = (request) => {
      if (request.method !== "PUT") return false;
      uploads++;
      return true;
    };
    server.offer(work);
    await expect.poll(() => uploads, soon).toBe(1);
    server.order(work.runId, "cancel");
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("cancelled");
  });

  it("cancel: does not wait for a fetch that hangs, or for the fetch of another run", async () => {
    const url = await hangingRepository();
    const { server } = await startAgent({ options: { slots: 2 } });
    const works = [someWork("true"), someWork("true")].map((work) => ({ ...work, source: { ...work.source, url } }));
    for (const work of works) server.offer(work);
    for (const { runId } of works) await expect.poll(() => server.told(runId).steps.length, soon).toBe(1);
    await expect.poll(() => processesWith(url).length, soon).toBeGreaterThan(0);
    for (const { runId } of works.toReversed()) {
      server.order(runId, "cancel");
      await expect.poll(() => server.told(runId).finishes[0]?.result, soon).toBe("cancelled");
    }
    await expect.poll(() => processesWith(url), soon).toEqual([]);
  });

  it("stop: kills silently and sends nothing more", async () => {
    const { server } = await startAgent();
    const secret = randomUUID();
    const work = someWork("trap '' TERM; echo on; sleep 1000 & wait", { env: { CANARY: secret } });
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    const before = server.logOf(work.runId);
    server.order(work.runId, "stop");
    await expect.poll(() => processesWith(secret), soon).toEqual([]);
    await expect.poll(() => server.claims.length, soon).toBe(2);
    expect(server.told(work.runId).finishes).toEqual([]);
    expect(server.logOf(work.runId)).toBe(before);
  });

  it("kills what a successful run left in the background", async () => {
    const { server } = await startAgent();
    const secret = randomUUID();
    const work = someWork("setsid sleep 1000 & sleep 1000 & echo done", { env: { CANARY: secret } });
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(processesWith(secret)).toEqual([]);
  });

  // What docs/production tells to set: without it, a process that leaves its session, environment and directory escapes.
  it("a wrapper with a process namespace lets nothing escape", async () => {
    const wrapper = ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--"];
    const { server } = await startAgent({ options: { wrapper } });
    const secret = randomUUID();
    const work = someWork(`setsid env -i sh -c 'cd /; sleep 1000; : ${secret}' & echo on; sleep 1000`);
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    await expect.poll(() => processesWith(secret).length, soon).toBeGreaterThan(0);
    server.order(work.runId, "cancel");
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("cancelled");
    await expect.poll(() => processesWith(secret), soon).toEqual([]);
  });

  it("a stopping agent gives its run back with the reason", async () => {
    const { server, agent, ended, workDir } = await startAgent({ deps: { shutdownMs: 100_000 } });
    const secret = randomUUID();
    const work = someWork("echo on; sleep 1000", { env: { CANARY: secret } });
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
    agent.stop();
    await ended;
    expect(server.told(work.runId).finishes[0]).toMatchObject({
      result: "retry",
      reason: "The worker is shutting down.",
    });
    expect(processesWith(secret)).toEqual([]);
    expect(existsSync(path.join(workDir, "agent.lock"))).toBe(false);
  });
});
