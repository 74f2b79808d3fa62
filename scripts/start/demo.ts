import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { mintToken, verifyToken } from "../../lib/auth/tokens.ts";
import { readEnv } from "../../lib/config/env.ts";
import { openDatabase } from "../../lib/db/sql.ts";
import { seedDemo } from "../demo/seed-demo.ts";
import type { Undo } from "./children.ts";
import { secretsOf } from "./folders.ts";
import type { Environment, ProductOptions } from "./product-options.ts";

const TOKEN_DAYS = 365;

/**
 * At the first start, makes the demo's repositories and pushes while the product is being used; a start that is stopped meanwhile leaves
 * the rest to the next one. What goes wrong is said and stops nothing.
 */
export function seedDemoOnce(options: ProductOptions, env: Environment, undo: Undo): void {
  const mark = path.join(options.dataFolder, "demo-seeded");
  if (!options.demo || existsSync(mark)) return;
  const abort = new AbortController();
  const work = seed(options, env, abort.signal)
    .then(() => writeFileSync(mark, ""))
    .catch((error: unknown) => {
      if (!abort.signal.aborted)
        options.progress.say(`The demo is not complete: ${error instanceof Error ? error.message : error}`);
    });
  const end = () => {
    abort.abort();
    return work;
  };
  undo.push({ end, hurry: end });
}

async function seed(options: ProductOptions, env: Environment, abort: AbortSignal): Promise<void> {
  const { DATABASE_URL, BASE_URL, CONFIG_FILE } = readEnv(env);
  const hookTokenFile = path.join(secretsOf(options.dataFolder), "demo-hook-token");
  await seedDemo({
    dataDir: options.dataFolder,
    configFile: CONFIG_FILE,
    baseUrl: BASE_URL,
    hookToken: await hookToken(hookTokenFile, DATABASE_URL),
    hookTokenFile,
    log: options.progress.say,
    abort,
  });
}

/** The token that the demo's hooks show, made when there is none that this database takes. */
async function hookToken(file: string, databaseUrl: string): Promise<string> {
  const sql = openDatabase({ url: databaseUrl, applicationName: "self-serve demo", max: 1 });
  try {
    const known = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    if (known && (await verifyToken(sql, known, null))) return known;
    const { secret } = await mintToken(sql, {
      kind: "hook",
      userId: null,
      name: "The demo's repositories",
      scopes: ["pushes:write"],
      expiresInDays: TOKEN_DAYS,
    });
    writeFileSync(file, secret, { mode: 0o600 });
    return secret;
  } finally {
    await sql.close();
  }
}
