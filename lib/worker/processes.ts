import { randomUUID } from "node:crypto";
import { readdir, readFile, readlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as timer } from "node:timers/promises";

/** How the processes of a run are known, whatever they did to hide. */
export interface Family {
  /** `SELFSERVE_RUN_MARK=UUID`, in the environment of every process of the run; null when it is not known. */
  mark: string | null;
  /** Whoever works in this directory belongs to the run as well. Absolute, and not directly below `/`. */
  dir: string;
  /** Process groups that the agent started for the run. */
  groups: ReadonlySet<number>;
}

/** The family of a run that this agent executes; steps add their groups. */
export interface RunFamily extends Family {
  mark: string;
  groups: Set<number>;
}

const POLL_MS = 20;
const KILL_TRIES = 250;

/** A new mark for the processes of one run. */
export function newMark(): string {
  return `SELFSERVE_RUN_MARK=${randomUUID()}`;
}

const MARK = /^SELFSERVE_RUN_MARK=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An empty or short pattern would match, and kill, what is not the run's: throws Error for one. */
function refuseUnsound({ mark, dir, groups }: Family): void {
  if (mark !== null && !MARK.test(mark)) {
    throw new Error(`The mark of a run is ${JSON.stringify(mark)}; it must be SELFSERVE_RUN_MARK= and a UUID.`);
  }
  if (path.resolve(dir) !== dir || path.dirname(path.dirname(dir)) === path.dirname(dir)) {
    throw new Error(
      `The directory of a run is ${JSON.stringify(dir)}; it must be absolute and below another directory than /.`,
    );
  }
  for (const group of groups) {
    if (!Number.isSafeInteger(group) || group <= 1) {
      throw new Error(`A process group of a run is ${group}; it must be a whole number above 1.`);
    }
  }
}

/** The living processes of the run; zombies do not count. Without /proc (not Linux) the groups are all that is known. Throws Error for a family that could match others. */
export async function findFamily(family: Family): Promise<number[]> {
  refuseUnsound(family);
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
  if (cwd === family.dir || cwd.startsWith(`${family.dir}/`) || cwd === `${family.dir} (deleted)`) return true;
  return family.mark !== null && environ.split("\0").includes(family.mark);
}

/** Signals every group of the run, and the processes given. */
function signalFamily(family: Family, pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of [...[...family.groups].map((group) => -group), ...pids]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already, which is what was wanted.
    }
  }
}

/** Forgets groups without a member: their numbers may become anybody's. Answers those. */
export function forgetEmptyGroups(family: Pick<RunFamily, "groups">): number[] {
  const empty = [...family.groups].filter((group) => !isAlive(-group));
  for (const group of empty) family.groups.delete(group);
  return empty;
}

function isAlive(target: number): boolean {
  try {
    process.kill(target, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
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
