import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A process that can be told apart from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own words; null when the system could not say. */
  started: string | null;
}

const HAS_PROC = existsSync("/proc/self/stat");

/** The identity of a living process, or undefined when there is none with this number. A zombie counts as dead. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!HAS_PROC) return identifyByPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { pid, started: `${boot} ${fields[19]}` };
  } catch {
    return undefined;
  }
}

/** Whether exactly this process still lives. */
export function isAlive(process: ProcessIdentity): boolean {
  const now = identify(process.pid);
  return now !== undefined && now.started === process.started;
}

/**
 * Ends exactly this process (with `group`, its whole process group): `signal` first, SIGKILL when it is still there after `graceSeconds`.
 * Resolves when it is gone; does nothing when its number belongs to someone else by now.
 */
export async function endProcess(
  process: ProcessIdentity,
  { signal = "SIGTERM", graceSeconds = 10, group = false }: EndOptions = {},
): Promise<void> {
  if (!isAlive(process)) return;
  sendSignal(process.pid, signal, group);
  const deadline = performance.now() + graceSeconds * 1000;
  while (isAlive(process) && performance.now() < deadline) await wait(20);
  if (!isAlive(process)) return;
  sendSignal(process.pid, "SIGKILL", group);
  while (isAlive(process)) await wait(20);
}

/** How `endProcess` asks. */
export interface EndOptions {
  signal?: NodeJS.Signals;
  graceSeconds?: number;
  group?: boolean;
}

/** Sends a signal, to the whole group with `group`; a process that is gone already is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals, group = false): void {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`${pid} is no process of ours.`); // 0 and -1 mean many
  try {
    process.kill(group ? -pid : pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function identifyByPs(pid: number): ProcessIdentity | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    if (!line || line.startsWith("Z")) return undefined;
    return { pid, started: line.slice(line.indexOf(" ")).trim() };
  } catch {
    return undefined;
  }
}
