import { describe, expect, it } from "vitest";
import { someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 45_000, interval: 20 };

describe("the log", () => {
  it("shows the first line at once, while the step goes on", async () => {
    const { server } = await startAgent();
    const work = someWork("echo here; sleep 1000");
    server.offer(work);
    await expect.poll(() => server.logOf(work.runId), soon).toContain("here\n");
    expect(server.told(work.runId).finishes).toEqual([]);
  });

  it("keeps standard output and errors in order, replaces invalid UTF-8 and completes the last line", async () => {
    const { server } = await startAgent();
    const work = someWork("for i in 1 2 3; do echo o$i; echo e$i >&2; done; printf 'x\\377y\\n'; printf end");
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes.length, soon).toBe(1);
    expect(server.logOf(work.runId)).toContain("o1\ne1\no2\ne2\no3\ne3\nx\ufffdy\nend\n[selfserve]");
  });

  it("lets a step open /dev/stderr", async () => {
    const { server } = await startAgent();
    const work = someWork("echo via >/dev/stderr");
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(server.logOf(work.runId)).toContain("via\n");
  });

  it("cuts a line of megabytes and loses nothing of it", async () => {
    const { server } = await startAgent();
    const work = someWork("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next");
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    const lines = server.logOf(work.runId).split("\n");
    const long = lines.filter((line) => line.startsWith("x"));
    expect(long.join("").length).toBe(3_000_000);
    expect(Math.max(...long.map((line) => line.length))).toBeLessThan(2 ** 20);
    expect(lines).toContain("next");
  });

  it("carries 20 MB without losing a byte", async () => {
    const { server } = await startAgent();
    const work = someWork("seq 1 2500000");
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result).toBe("success");
    const lines = server
      .logOf(work.runId)
      .split("\n")
      .filter((line) => !line.startsWith("[selfserve]"));
    expect(lines.length).toBe(2_500_001);
    expect(lines.every((line, index) => line === (index === 2_500_000 ? "" : String(index + 1)))).toBe(true);
  });
});
