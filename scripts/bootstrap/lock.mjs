import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Runs `work` while no other process does the same under this lock file; waits for the other one.
 * @template T
 * @param {string} file
 * @param {() => T} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  for (let told = false; !take(file); told = true) {
    if (!told && ownerOf(file)) console.log("· Waiting for another command that prepares this folder …");
    await wait(100);
  }
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, String(process.pid));
    linkSync(draft, file); // appears complete, or not at all
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (ownerOf(file) === undefined) removeDead(file, draft);
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes the lock of a process that was killed away; when it was somebody else's meanwhile, gives it back. */
function removeDead(file, aside) {
  try {
    renameSync(file, aside);
    if (ownerOf(aside) !== undefined) linkSync(aside, file);
  } catch {
    // another one was first
  }
}

/** The process that holds the lock, if it lives. */
function ownerOf(file) {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    if (!pid) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === "EPERM" ? -1 : undefined;
  }
}
