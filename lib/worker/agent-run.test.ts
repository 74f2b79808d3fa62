import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { someWork, startAgent } from "../testing/agent-harness.ts";

const soon = { timeout: 45_000, interval: 20 };

describe("a run", () => {
  it("checks out the revision, runs the steps in order and tells of everything", async () => {
    const { server } = await startAgent();
    const steps = [
      "cat README.md",
      "echo err >&2; echo color=blue >>$SELFSERVE_OUTPUT",
      "mkdir out; printf abc >out/a.txt",
    ];
    const work = someWork("", {
      steps: steps.map((run, index) => ({ name: `s${index}`, run, timeoutSeconds: 10 })),
      artifacts: ["out/*.txt"],
    });
    server.offer(work);
    const told = server.told(work.runId);
    await expect.poll(() => told.finishes.length, soon).toBe(1);

    const log = server.logOf(work.runId);
    const [finish] = told.finishes;
    expect(finish).toEqual({
      result: "success",
      outputs: { color: "blue" },
      log: {
        chunks: told.log.length,
        bytes: Buffer.byteLength(log),
        lines: log.split("\n").length - 1,
        sha256: createHash("sha256").update(log).digest("hex"),
      },
    });
    expect(log).toMatch(/step 1: s0\nsmall\n\[selfserve\] step 1: success[^\n]*\n\[selfserve\] step 2: s1\nerr\n/);
    expect(told.artifacts.get("out/a.txt")?.toString()).toBe("abc");
    expect(told.steps.map(({ index, name, result }) => [index, name, result])).toEqual([
      [0, "prepare", undefined],
      [0, "prepare", "success"],
      [1, "s0", undefined],
      [1, "s0", "success"],
      [2, "s1", undefined],
      [2, "s1", "success"],
      [3, "s2", undefined],
      [3, "s2", "success"],
      [4, "upload artifacts", undefined],
      [4, "upload artifacts", "success"],
    ]);
    const first = told.steps.find((step) => step.index === 2)?.firstLine ?? 0;
    expect(log.split("\n")[first - 1]).toBe("[selfserve] step 2: s1");
  });

  it("fails with the step that fails, and runs no further one", async () => {
    const { server } = await startAgent();
    const work = someWork("", {
      steps: [
        { name: "one", run: "echo before\nfalse\necho after", timeoutSeconds: 10 },
        { name: "two", run: "echo never", timeoutSeconds: 10 },
      ],
    });
    server.offer(work);
    await expect
      .poll(() => server.told(work.runId).finishes[0]?.reason, soon)
      .toBe("Step “one” ended with exit code 1.");
    expect(server.told(work.runId).finishes[0]?.result).toBe("failure");
    expect(server.logOf(work.runId)).not.toMatch(/after\n|never/);
  });

  it("gives the steps a clean environment", async () => {
    process.env.AGENT_SECRET = "canary-1";
    const { server } = await startAgent();
    const work = someWork("env; echo home: $(ls -A $HOME | wc -l)", { env: { COLOR: "red", SELFSERVE_RUN_ID: "0" } });
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes.length, soon).toBe(1);
    const log = server.logOf(work.runId);
    expect(log).not.toMatch(/canary-1|pool-token|NODE_/);
    expect(log).toContain("COLOR=red");
    expect(log).toContain(`SELFSERVE_RUN_ID=${work.runId}\n`);
    expect(log).toContain("home: 0");
  });

  it("ends what takes too long, with the reason", async () => {
    const { server } = await startAgent();
    const work = someWork("", { steps: [{ name: "slow", run: "sleep 1000", timeoutSeconds: 1 }] });
    server.offer(work);
    const told = server.told(work.runId);
    await expect.poll(() => told.finishes[0]?.reason, soon).toBe("Step “slow” was ended: it took longer than 1 s.");
  });

  it("ends a job whose whole time is over, whatever its steps may take", async () => {
    const { server } = await startAgent();
    const work = someWork("sleep 1000", { timeoutSeconds: 1 });
    server.offer(work);
    const told = server.told(work.runId);
    await expect
      .poll(() => told.finishes[0]?.reason, soon)
      .toBe("Step “test” was ended: the job took longer than 1 s.");
    expect(told.finishes[0]?.result).toBe("failure");
  });

  it("runs the steps as another user, in a directory of that user", async () => {
    // Only root may become somebody else.
    const root = process.getuid?.() === 0;
    const runAs = { uid: root ? 65_534 : (process.getuid?.() ?? 0), gid: root ? 65_534 : (process.getgid?.() ?? 0) };
    const { server } = await startAgent({ options: { runAs } });
    const steps =
      "id -u; id -g; git log --format=%s; touch made; stat -c %u made README.md; echo a=b >>$SELFSERVE_OUTPUT";
    const work = someWork(steps, { artifacts: ["made"] });
    server.offer(work);
    await expect
      .poll(() => server.told(work.runId).finishes[0], soon)
      .toMatchObject({ result: "success", outputs: { a: "b" } });
    const { uid, gid } = runAs;
    expect(server.logOf(work.runId)).toContain(`step 1: test\n${uid}\n${gid}\nBegin\n${uid}\n${uid}\n`);
    expect(server.told(work.runId).artifacts.has("made")).toBe(true);
  });

  it("starts each step by the wrapper, which knows the run's directory", async () => {
    const { server, workDir } = await startAgent({ options: { wrapper: ["/usr/bin/env", "WRAPPED={dir}"] } });
    const work = someWork('echo "in $WRAPPED"');
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("success");
    expect(server.logOf(work.runId)).toMatch(new RegExp(`in ${workDir}/runs/[0-9a-f-]+/${work.runId}\n`));
  });

  it("is an exception when the wrapper is missing", async () => {
    const { server } = await startAgent({ options: { wrapper: ["/nowhere/sandbox"] } });
    const work = someWork("true");
    server.offer(work);
    await expect.poll(() => server.told(work.runId).finishes[0]?.result, soon).toBe("exception");
    expect(server.told(work.runId).finishes[0]?.reason).toMatch(
      /could not be started: spawn \/nowhere\/sandbox ENOENT/,
    );
  });

  it("is a job's own failure when it is ended by a signal", async () => {
    const { server } = await startAgent();
    const work = someWork("kill -s SEGV $$");
    server.offer(work);
    await expect
      .poll(() => server.told(work.runId).finishes[0]?.reason, soon)
      .toBe("Step “test” was ended by signal SIGSEGV.");
  });

  it("is an exception when its revision is nowhere", async () => {
    const { server } = await startAgent();
    const work = someWork("true");
    server.offer({ ...work, source: { ...work.source, revision: `${"0".repeat(39)}1` } });
    await expect.poll(() => server.told(work.runId).finishes[0]?.reason, soon).toMatch(/is not in repository small/);
    expect(server.told(work.runId).finishes[0]?.result).toBe("exception");
  });

  it("is tried again elsewhere when its repository cannot be reached", async () => {
    const { server } = await startAgent();
    const work = someWork("true");
    server.offer({ ...work, source: { ...work.source, url: "/nowhere/at/all.git" } });
    await expect
      .poll(() => server.told(work.runId).finishes[0]?.reason, soon)
      .toMatch(/^The checkout failed: git fetch failed/);
    expect(server.told(work.runId).finishes[0]?.result).toBe("retry");
  });

  it("leaves no directory behind", async () => {
    const { server, workDir } = await startAgent();
    const work = someWork("mkdir -p a/b; chmod 500 a; touch $TMPDIR/x");
    server.offer(work);
    await expect.poll(() => server.claims.length, soon).toBe(2);
    const [boot = ""] = readdirSync(path.join(workDir, "runs"));
    expect(readdirSync(path.join(workDir, "runs", boot))).toEqual([]);
  });
});
