import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** A process that does nothing, in this directory and with only this environment, until the test ends. */
export async function idleProcess(cwd: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn("/bin/sleep", ["1000"], { cwd, env: env as NodeJS.ProcessEnv, stdio: "ignore", detached: true });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return child;
}

/** Waits until the process was ended by a signal; answers which. */
export async function endOf(child: ChildProcess): Promise<NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.signalCode;
}

/** True while nothing ended it. */
export function isLiving(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.kill(0);
}
