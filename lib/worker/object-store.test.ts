import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { smallRepository, someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 10_000, interval: 20 };

describe("the object store", () => {
  it("fetches a repository once and recovers from a fetch that was killed", async () => {
    const { server, workDir } = await startAgent();
    const { url, revision } = smallRepository({ "a.txt": "a\n" });
    const source = { repository: "shared", vcs: "git", url, ref: "main", revision } as const;
    const first = someWork("cat a.txt", { source });
    server.offer(first);
    await expect.poll(() => server.told(first.runId).finishes[0]?.result, soon).toBe("success");
    const store = path.join(workDir, "stores", "1", "shared.git");
    writeFileSync(path.join(store, "packed-refs.lock"), "");
    writeFileSync(path.join(store, "shallow.lock"), "");
    rmSync(path.join(store, "refs", "kept", revision));
    rmSync(path.join(store, "objects"), { recursive: true });
    const second = someWork("cat a.txt", { source });
    server.offer(second);
    await expect.poll(() => server.told(second.runId).finishes[0]?.result, soon).toBe("success");
    rmSync(url, { recursive: true });
    const third = someWork("cat a.txt", { source });
    server.offer(third);
    await expect.poll(() => server.told(third.runId).finishes[0]?.result, soon).toBe("success");
  });
});
