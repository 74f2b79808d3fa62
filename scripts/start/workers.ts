import { mkdirSync } from "node:fs";
import path from "node:path";
import { canReach, isRoot, makeUser } from "../services/system-user.ts";
import type { Environment, ProductOptions } from "./product-options.ts";

/** Whom steps run as when root starts the product: somebody who may read none of its secrets. */
const STEP_USER = "self-serve-step";

/** The arguments of one worker of this machine. */
export function workerArgs(options: ProductOptions, env: Environment, name: string): string[] {
  const workDir = path.join(options.dataFolder, "workers", name);
  mkdirSync(workDir, { recursive: true });
  const user = isRoot() ? makeUser(STEP_USER) : undefined;
  const runAs = user && canReach(user, workDir) ? ["--run-as", STEP_USER] : [];
  return ["--server", env.BASE_URL ?? "", "--name", name, "--work-dir", workDir, ...runAs];
}
