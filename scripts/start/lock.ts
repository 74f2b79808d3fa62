import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity } from "../services/processes.ts";

/** The right to use a data folder. */
export interface FolderLock {
  release(): void;
}

/** Somebody else uses the folder. */
export class FolderInUseError extends Error {}

/** How long the holder may take to stop after it was asked to, or to notice that whoever started it was killed. */
const PATIENCE_SECONDS = 30;
const NOTICE_SECONDS = 3;

interface Holder extends ProcessIdentity {
  stopping?: boolean;
}

/**
 * Takes the data folder for this process alone. The lock of a process that was killed does not count; one that is stopping is waited for.
 * Throws FolderInUseError.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "start.lock");
  const since = performance.now();
  while (!take(file)) {
    const holder = read(file);
    if (!holder || !isAlive(holder)) {
      removeDead(file, holder);
      continue;
    }
    const seconds = (performance.now() - since) / 1000;
    if (seconds > (holder.stopping ? PATIENCE_SECONDS : NOTICE_SECONDS)) {
      throw new FolderInUseError(
        `Self-Serve runs already with its data in ${folder} (process ${holder.pid}). Stop it first, or set DATA_DIR to another folder.`,
      );
    }
    await wait(100);
  }
  return { release: () => rmSync(file, { force: true }) };
}

/** Tells a start that comes meanwhile that it is worth waiting. */
export function announceStop(folder: string): void {
  const self: Holder | undefined = identify(process.pid);
  if (self) writeFileSync(path.join(folder, "start.lock"), JSON.stringify({ ...self, stopping: true }));
}

function take(file: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(identify(process.pid)));
  try {
    linkSync(draft, file); // appears complete, or not at all
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes a dead holder's lock away; when it was somebody else's meanwhile, because two starts saw the dead one, gives it back. */
function removeDead(file: string, dead: Holder | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (read(aside)?.pid !== dead?.pid) linkSync(aside, file);
  } catch {
    // Another start was first.
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
