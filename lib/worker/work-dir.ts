import { mkdir, readdir, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { OptionError } from "./options.ts";
import { killFamily } from "./processes.ts";
import { removeDirectory } from "./run-directory.ts";

/**
 * Takes the work directory for this process and clears what a dead agent left: processes, run directories, half
 * downloads. Returns the directory for the runs of this boot. Throws OptionError while another agent uses it.
 */
export async function openWorkDir(workDir: string, bootId: string): Promise<string> {
  await mkdir(workDir, { recursive: true, mode: 0o711 });
  await takeLock(path.join(workDir, "agent.lock"), workDir);
  // Processes are known by their real directory.
  const runs = path.join(await realpath(workDir), "runs");
  await mkdir(runs, { recursive: true, mode: 0o711 });
  for (const old of await readdir(runs)) {
    const dir = path.join(runs, old);
    await killFamily({ mark: null, dir, groups: new Set() });
    await removeDirectory(dir);
  }
  const stores = path.join(await realpath(workDir), "stores");
  await killFamily({ mark: null, dir: stores, groups: new Set() }); // a fetch of a dead agent
  for (const name of await readdir(stores, { recursive: true }).catch(() => [])) {
    if (/\.git\.damaged-\d+$/.test(name)) await removeDirectory(path.join(stores, name));
  }
  const current = path.join(runs, bootId);
  await mkdir(current, { mode: 0o711 });
  return current;
}

/** Gives the work directory back. */
export async function closeWorkDir(workDir: string, runsDir: string): Promise<void> {
  await removeDirectory(runsDir);
  await rm(path.join(workDir, "agent.lock"), { force: true });
}

async function takeLock(file: string, workDir: string): Promise<void> {
  const [pid = "", startedAt = ""] = (await readFile(file, "utf8").catch(() => "")).trim().split(" ");
  if (pid !== "" && Number(pid) !== process.pid && (await startTime(Number(pid))) === startedAt) {
    throw new OptionError(
      `The work directory ${workDir} is used by another agent (process ${pid}); give each agent its own --work-dir.`,
    );
  }
  await writeFile(file, `${process.pid} ${await startTime(process.pid)}\n`);
}

/** When the process started, in the machine's own ticks, so that a number that was given again is not mistaken; "" when it is gone. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => null);
  if (stat !== null) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  if ((await readlink("/proc/self").catch(() => null)) !== null) return "";
  try {
    process.kill(pid, 0);
    return "alive";
  } catch {
    return "";
  }
}
