import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as timer } from "node:timers/promises";

/** How the processes of a run are known, whatever they did to hide. */
export interface Family {
  /** `NAME=value` that is in the environment of every process of the run; null when it is not known. */
  mark: string | null;
  /** Whoever works in this directory belongs to the run as well. */
  dir: string;
  /** Process groups that the agent started for the run. */
  groups: ReadonlySet<number>;
}

const POLL_MS = 20;
const KILL_TRIES = 250;

/** The living processes of the run; zombies do not count. Without /proc (not Linux) the groups are all that is known. */
export async function findFamily(family: Family): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await belongs(pid, family)) ? pid : null)));
  return found.filter((pid): pid is number => pid !== null && pid > 1 && pid !== process.pid);
}

async function belongs(pid: number, family: Family): Promise<boolean> {
  const [stat, environ, cwd] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "latin1").catch(() => ""),
    readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
    readlink(`/proc/${pid}/cwd`).catch(() => ""),
  ]);
  // The command's name is in brackets and may contain anything; state, parent and group follow it.
  const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === undefined || state === "" || "ZX".includes(state)) return false;
  if (family.groups.has(Number(group))) return true;
  if (cwd === family.dir || cwd.startsWith(`${family.dir}/`)) return true;
  return family.mark !== null && /^\w+=./.test(family.mark) && environ.split("\0").includes(family.mark);
}

/** Signals every group of the run, and the processes given. */
export function signalFamily(family: Family, pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of [...[...family.groups].map((group) => -group), ...pids]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already, which is what was wanted.
    }
  }
}

/** Kills until nothing is left; what forks while it is searched for is found by the next search. False: some survived. */
export async function killFamily(family: Family): Promise<boolean> {
  for (let tries = 0; tries < KILL_TRIES; tries++) {
    const pids = await findFamily(family);
    if (pids.length === 0) return true;
    signalFamily(family, pids, "SIGKILL");
    await timer(POLL_MS);
  }
  return false;
}

/** TERM, then KILL for what is left after `graceMs`, or as soon as `hurry` fires. */
export async function endFamily(family: Family, graceMs: number, hurry: AbortSignal): Promise<boolean> {
  const until = performance.now() + graceMs;
  const pids = await findFamily(family);
  if (pids.length > 0) signalFamily(family, pids, "SIGTERM");
  while (performance.now() < until && !hurry.aborted) {
    if ((await findFamily(family)).length === 0) return true;
    await timer(POLL_MS);
  }
  return await killFamily(family);
}
