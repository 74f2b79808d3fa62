import { existsSync } from "node:fs";
import path from "node:path";
import { cruiseModules } from "./cruise.ts";

const PLACES = ["app", "lib", "proxy.ts", "scripts", "demo", "e2e", "bench"];
/** Fewer than this means that the reader of TypeScript is broken, not that the code is good. */
const FEWEST_MODULES = 50;

/** Complaints about imports that the allow-list does not allow, one line each. */
export async function checkArrows(
  root: string,
  places: string[] = PLACES.filter((place) => existsSync(path.join(root, place))),
): Promise<string[]> {
  const { modules, broken } = await cruiseModules(root, places);
  if (modules < FEWEST_MODULES) {
    return [
      `Only ${modules} modules were found in ${places.join(", ")}, so nothing was checked: is @swc/core installed?`,
    ];
  }
  return broken.map(({ rule, from, to }) => `${from} → ${to} (${rule}; see .dependency-cruiser.mjs)`);
}
