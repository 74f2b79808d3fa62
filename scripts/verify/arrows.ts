import { existsSync } from "node:fs";
import path from "node:path";
import { cruiseModules } from "./cruise.ts";

const FOLDERS = ["app", "lib", "scripts", "e2e", "bench"];
/** Fewer than this means that the reader of TypeScript is broken, not that the code is good. */
const FEWEST_MODULES = 50;

/** Complaints about imports that the allow-list does not allow, one line each. */
export async function checkArrows(
  root: string,
  folders: string[] = FOLDERS.filter((folder) => existsSync(path.join(root, folder))),
): Promise<string[]> {
  const { modules, broken } = await cruiseModules(root, folders);
  if (modules < FEWEST_MODULES) {
    return [
      `Only ${modules} modules were found in ${folders.join(", ")}, so nothing was checked: is @swc/core installed?`,
    ];
  }
  return broken.map(({ rule, from, to }) => `${from} → ${to} (${rule}; see .dependency-cruiser.mjs)`);
}
