import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";
import { removeOutsideData } from "../services/postgres-home.ts";
import { endServices } from "../services/services.ts";
import { endOrphans } from "./child.ts";
import { logsOf, recordsOf } from "./folders.ts";
import { lockFolder } from "./lock.ts";

/** Outlives --reset: what the next command would only fetch again. */
const KEPT_AT_RESET = ["node", "bootstrap.lock"];
/** What the product puts into a data folder. */
const OWN =
  /^(?:artifacts|audit-heads\.jsonl|demo|demo-seeded|directory|logs|node|postgres|processes|redis|secrets|selfserve\.yml|sources|(?:start|bootstrap)\.lock(?:\.\d+)?|workers)$/;
/** Nobody but the product looks into these, least of all the steps of jobs. */
const CLOSED = ["artifacts", "redis", "sources"];

/** Throws an Error that says why, unless files can be made where the data folder is, or will be. */
export function requireWritable(folder: string): void {
  let place = folder;
  while (!existsSync(place) && path.dirname(place) !== place) place = path.dirname(place);
  try {
    rmdirSync(mkdtempSync(path.join(place, ".self-serve-")));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The data folder ${folder} cannot be used: ${why}. Set DATA_DIR to a folder that can be written.`);
  }
}

/** Keeps other users of this machine out of what is not theirs. */
export function closeToOthers(folder: string): void {
  for (const place of [...CLOSED.map((name) => path.join(folder, name)), logsOf(folder)]) {
    mkdirSync(place, { recursive: true });
    chmodSync(place, 0o700);
  }
}

/**
 * Throws everything away that the product keeps in its data folder. A folder that the user chose (`chosen`) and that holds other things, too,
 * is left as it is: throws an Error that names one of them.
 */
export async function resetFolder(folder: string, chosen: boolean): Promise<void> {
  const foreign = chosen && existsSync(folder) ? readdirSync(folder).find((name) => !OWN.test(name)) : undefined;
  if (foreign !== undefined) {
    throw new Error(
      `DATA_DIR is ${folder}, which holds ${foreign}, too. --reset empties only a folder that holds nothing but Self-Serve's data.`,
    );
  }
  const lock = await lockFolder(folder);
  try {
    await endOrphans(recordsOf(folder));
    await endServices(folder);
    removeOutsideData(path.join(folder, "postgres"));
    for (const name of readdirSync(folder)) {
      if (!KEPT_AT_RESET.includes(name) && name !== "start.lock")
        rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}
