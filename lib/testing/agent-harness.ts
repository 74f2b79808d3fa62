import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Work } from "../contracts/work.ts";
import { Agent, type AgentDeps } from "../worker/agent.ts";
import type { AgentOptions } from "../worker/options.ts";
import { ScriptedServer } from "./scripted-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A git repository of one commit with these files; answers its address and the revision. */
export function smallRepository(files: Record<string, string> = { "README.md": "small\n" }): {
  url: string;
  revision: string;
} {
  const url = temporaryFolder("repository");
  const git = (...args: string[]) => {
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
    return execFileSync("git", [...identity, ...args], { cwd: url, encoding: "utf8" }).trim();
  };
  git("init", "-q");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(url, name)), { recursive: true });
    writeFileSync(path.join(url, name), text);
  }
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  return { url, revision: git("rev-parse", "HEAD") };
}

/** The address of a repository whose server takes requests and answers none. */
export async function hangingRepository(): Promise<string> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hanging.git`;
}

// Test files run at the same time on one machine, and find processes by this number.
let nextRunId = process.pid * 1_000;

/** Work of one step, in a repository of its own. */
export function someWork(run: string, part: Partial<Work> = {}): Work {
  const { url, revision } = smallRepository();
  return {
    runId: nextRunId++,
    jobIds: [7],
    builder: "linux64 opt build",
    branch: "try",
    pool: "linux",
    trustLevel: 1,
    source: { repository: "small", vcs: "git", url, ref: "main", revision },
    steps: [{ name: "test", run, timeoutSeconds: 60 }],
    env: {},
    properties: {},
    artifacts: [],
    needs: [],
    timeoutSeconds: 600,
    exclusive: false,
    leaseSeconds: 60,
    chunk: null,
    ...part,
  };
}

/** Options for an agent of one slot. */
export function agentOptions(server: string, workDir: string): AgentOptions {
  return {
    server: new URL(server),
    name: "w1",
    pools: [{ name: "linux", token: "pool-token" }],
    slots: 1,
    workDir,
    runAs: null,
    wrapper: [],
    speed: 1,
    cacheBytes: 2 ** 30,
    stepPath: process.env.PATH ?? "/usr/bin:/bin",
    gitEnv: { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: workDir },
  };
}

/** A scripted server and an agent that works for it until the test ends. Waits of the agent are short. */
export async function startAgent(
  change: { options?: Partial<AgentOptions>; deps?: Partial<AgentDeps> } = {},
): Promise<{ server: ScriptedServer; agent: Agent; ended: Promise<void>; workDir: string }> {
  const server = new ScriptedServer();
  await server.open();
  const workDir = temporaryFolder("agent");
  const quick: Partial<AgentDeps> = { log: () => undefined, random: () => 0, graceMs: 2_000, shutdownMs: 500 };
  const agent = new Agent({ ...agentOptions(server.url, workDir), ...change.options }, { ...quick, ...change.deps });
  const ended = agent.run();
  onTestFinished(async () => {
    agent.stop();
    server.release();
    await server.close();
    await ended;
  });
  return { server, agent, ended, workDir };
}

/** The processes whose environment or command line holds the text; zombies do not count. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const zombie = "ZX".includes(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "Z");
        const about = readFileSync(`/proc/${pid}/environ`, "latin1") + readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return !zombie && about.includes(text);
      } catch {
        return false;
      }
    });
}

/** The living processes of a run. */
export function processesOfRun(runId: number): number[] {
  return processesWith(`SELFSERVE_RUN_ID=${runId}\0`);
}

/** The only checkout of the run on this machine: found by the step that works in it. */
export async function findCheckout(runId: number): Promise<string> {
  let found = "";
  await expect
    .poll(
      () => {
        const [pid] = processesOfRun(runId);
        found = pid === undefined ? "" : readlinkSync(`/proc/${pid}/cwd`);
        return found;
      },
      { timeout: 45_000, interval: 20 },
    )
    .toMatch(/checkout$/);
  return found;
}
