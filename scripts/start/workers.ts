import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { canReach, isRoot, makeUser } from "../services/system-user.ts";
import { localPools } from "./config.ts";
import { secretsOf } from "./folders.ts";
import type { Environment, ProductOptions } from "./product-options.ts";

/** Whom steps run as when root starts the product: somebody who may read none of its secrets. */
const STEP_USER = "self-serve-step";

/** The arguments that all workers of this machine share; undefined when there is no pool they could serve. */
export function workerArgs(options: ProductOptions, env: Environment): ((name: string) => string[]) | undefined {
  const pools = localPools(env.CONFIG_FILE ?? "");
  if (pools.length === 0) return undefined;
  const tokenFile = path.join(secretsOf(options.dataFolder), "worker-tokens");
  writeFileSync(tokenFile, pools.map(({ name, token }) => `${name}=${token}\n`).join(""), { mode: 0o600 });
  return (name) => {
    const workDir = path.join(options.dataFolder, "workers", name);
    mkdirSync(workDir, { recursive: true });
    return [
      ...["--server", env.BASE_URL ?? "", "--name", name, "--work-dir", workDir],
      ...["--pools", pools.map((pool) => pool.name).join(","), "--token-file", tokenFile],
      ...runAs(workDir),
    ];
  };
}

function runAs(workDir: string): string[] {
  const user = isRoot() ? makeUser(STEP_USER) : undefined;
  return user && canReach(user, workDir) ? ["--run-as", STEP_USER] : [];
}
