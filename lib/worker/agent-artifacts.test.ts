import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 45_000, interval: 20 };

describe("artifacts", () => {
  it("gets the artifacts it needs, once over the network for two runs", async () => {
    const { server } = await startAgent();
    const bytes = Buffer.from("package");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    let fetched = 0;
    server.needs.set("5", bytes);
    server.intercept = (request) => {
      if (request.url?.includes("/needs/")) fetched++;
      return false;
    };
    const works = [1, 2].map(() => {
      const work = someWork(
        'cat "$SELFSERVE_ARTIFACTS/mac opt_1/dist/app.tgz"; chmod +w "$SELFSERVE_ARTIFACTS"/*/dist/app.tgz',
      );
      const url = `/worker/v1/runs/${work.runId}/needs/5`;
      return { ...work, needs: [{ builder: "mac opt/1", name: "dist/app.tgz", sha256, size: 7, url }] };
    });
    for (const work of works) server.offer(work);
    for (const { runId } of works) {
      await expect.poll(() => server.told(runId).finishes[0]?.result, soon).toBe("success");
      expect(server.logOf(runId)).toContain("package[selfserve]".slice(0, 7));
    }
    expect(fetched).toBe(1);
  });

  it("does not begin with an artifact that is not what was promised", async () => {
    const { server } = await startAgent();
    server.needs.set("5", Buffer.from("something else"));
    const work = someWork("echo never");
    const url = `/worker/v1/runs/${work.runId}/needs/5`;
    server.offer({ ...work, needs: [{ builder: "b", name: "a", sha256: "a".repeat(64), size: 3, url }] });
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("exception");
    expect(server.told(work.runId).finishes[0]?.reason).toMatch(/does not have the digest/);
    expect(server.logOf(work.runId)).not.toMatch(/never/);
  });

  it("uploads artifacts at the same time, over connections that are kept", async () => {
    const { server } = await startAgent();
    const work = someWork("for i in 1 2 3 4 5 6 7 8; do echo $i >$i.txt; done", { artifacts: ["*.txt"] });
    const sockets = new Set<unknown>();
    const open = new Set<() => void>();
    server.intercept = (request, response) => {
      if (request.method !== "PUT") return false;
      sockets.add(request.socket);
      request.resume().on("end", () => open.add(() => response.end("{}")));
      return true;
    };
    server.offer(work);
    for (const together of [6, 2]) {
      await expect.poll(() => open.size, soon).toBe(together);
      for (const answer of open) answer();
      open.clear();
    }
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(sockets.size).toBeLessThanOrEqual(7);
  });

  it("fails when a declared artifact is missing or leads out of the checkout", async () => {
    const { server } = await startAgent();
    const missing = someWork("true", { artifacts: ["dist/*"] });
    const outside = someWork("ln -s /etc/passwd secrets", { artifacts: ["secrets"] });
    server.offer(missing);
    server.offer(outside);
    await expect.poll(() => server.told(missing.runId).finishes[0]?.reason, soon).toMatch(/matches no file/);
    await expect.poll(() => server.told(outside.runId).finishes[0]?.reason, soon).toMatch(/leads out of the checkout/);
    expect(server.told(outside.runId).artifacts.size).toBe(0);
  });
});
