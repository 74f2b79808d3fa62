import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { hangingRepository, processesOfRun, processesWith, someWork } from "../testing/agent-harness.ts";
import { ScriptedServer } from "../testing/scripted-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const soon = { timeout: 45_000, interval: 20 };
const MAIN = path.join(import.meta.dirname, "main.ts");

function startProcess(server: ScriptedServer, workDir: string): ChildProcess {
  const args = [
    MAIN,
    "--server",
    server.url,
    "--name",
    "w1",
    "--pools",
    "linux",
    "--slots",
    "1",
    "--work-dir",
    workDir,
  ];
  const env = { PATH: process.env.PATH, HOME: workDir, SELFSERVE_TOKEN: "pool-token" } as Record<
    string,
    string | undefined
  >;
  const child = spawn(process.execPath, args, { env: env as NodeJS.ProcessEnv, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function scriptedServer(): Promise<ScriptedServer> {
  const server = new ScriptedServer();
  await server.open();
  onTestFinished(() => server.close());
  return server;
}

const HIDING = "setsid sh -c 'trap \"\" TERM HUP; sleep 1000 & wait' & env -i setsid sleep 1000 & echo on; sleep 1000";

it("leaves no process when the agent is killed with -9, and its next start clears the directory", async () => {
  const server = await scriptedServer();
  const workDir = temporaryFolder("agent");
  const secret = randomUUID();
  const work = someWork(HIDING, { env: { CANARY: secret } });
  const agent = startProcess(server, workDir);
  server.offer(work);
  await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
  expect(processesWith(secret).length).toBeGreaterThan(2);
  const strays = () => processesWith(workDir).filter((pid) => pid !== agent.pid);
  agent.kill("SIGKILL");
  await once(agent, "exit");
  await expect.poll(() => processesWith(secret), soon).toEqual([]);
  await expect.poll(strays, soon).toEqual([]); // the watchdog itself is gone, too

  const [deadBoot] = readdirSync(path.join(workDir, "runs"));
  const next = startProcess(server, workDir);
  await expect.poll(() => server.registrations.length, soon).toBe(2);
  expect(readdirSync(path.join(workDir, "runs"))).not.toContain(deadBoot);
  expect(server.registrations[0]?.body.bootId).not.toBe(server.registrations[1]?.body.bootId);
  next.kill("SIGTERM");
  server.release();
  await once(next, "exit");
});

it("leaves no fetch behind when it is killed with -9", async () => {
  const server = await scriptedServer();
  const url = await hangingRepository();
  const agent = startProcess(server, temporaryFolder("agent"));
  const work = someWork("true");
  server.offer({ ...work, source: { ...work.source, url } });
  await expect.poll(() => processesWith(url).length, soon).toBeGreaterThan(0);
  agent.kill("SIGKILL");
  await expect.poll(() => processesWith(url), soon).toEqual([]);
});

it("gives its run back when it is told to end, and leaves nothing", async () => {
  const server = await scriptedServer();
  const workDir = temporaryFolder("agent");
  const agent = startProcess(server, workDir);
  const work = someWork("echo on; sleep 1000");
  server.offer(work);
  await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
  agent.kill("SIGTERM");
  expect(await once(agent, "exit")).toEqual([0, null]);
  expect(server.told(work.runId).finishes[0]).toMatchObject({
    result: "retry",
    reason: "The worker is shutting down.",
  });
  expect(processesOfRun(work.runId)).toEqual([]);
  expect(readdirSync(path.join(workDir, "runs"))).toEqual([]);
});

it("ends an exclusive run on time even when the agent is stopped and not dead", async () => {
  const server = await scriptedServer();
  const secret = randomUUID();
  const work = someWork("echo on; sleep 1000", { exclusive: true, leaseSeconds: 3, env: { CANARY: secret } });
  const agent = startProcess(server, temporaryFolder("agent"));
  server.offer(work);
  await expect.poll(() => server.heartbeats.length, soon).toBeGreaterThan(0);
  server.release();
  await expect.poll(() => server.logOf(work.runId), soon).toContain("on\n");
  agent.kill("SIGSTOP");
  await expect.poll(() => processesWith(secret)).toEqual([]);
});

it("refuses a work directory that another agent uses", async () => {
  const server = await scriptedServer();
  const workDir = temporaryFolder("agent");
  startProcess(server, workDir);
  await expect.poll(() => server.registrations.length, soon).toBe(1);
  const second = startProcess(server, workDir);
  let said = "";
  second.stderr?.on("data", (part) => (said += part));
  const [code] = await once(second, "close");
  expect(code).toBe(2);
  expect(said).toMatch(/is used by another agent \(process \d+\)/);
});

it("says what is wrong with its options, and what would be right", async () => {
  const child = spawn(process.execPath, [MAIN, "--slots", "0", "--pools", "linux"], {
    env: { PATH: process.env.PATH, SELFSERVE_TOKEN: "x" } as Record<string, string | undefined> as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (part) => (said += part));
  const [code] = await once(child, "close");
  expect(code).toBe(2);
  expect(said).toBe('--slots is "0"; it must be a whole number from 1 to 256.\n');
});
