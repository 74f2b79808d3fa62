import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { mintToken, verifyToken } from "../../lib/auth/tokens.ts";
import { openDatabase } from "../../lib/db/sql.ts";
import { seedDemo } from "../demo/seed-demo.ts";
import { secretsOf } from "./folders.ts";
import type { Environment, ProductOptions } from "./product-options.ts";

const TOKEN_DAYS = 365;

/**
 * Fills the product with the demo's repositories and pushes, unless an earlier start has done so. Takes a while, beside everything else; an
 * interrupted one goes on at the next start. What goes wrong is told, and stops nothing.
 */
export async function seedDemoOnce(options: ProductOptions, env: Environment, abort: AbortSignal): Promise<void> {
  const mark = path.join(options.dataFolder, "demo-seeded");
  if (!options.demo || existsSync(mark)) return;
  try {
    const hookTokenFile = path.join(secretsOf(options.dataFolder), "hook-token");
    const hookToken = await ensureHookToken(hookTokenFile, env.DATABASE_URL ?? "");
    const log = (sentence: string) => options.progress.say(`  ${sentence}`);
    const { CONFIG_FILE: configFile = "", BASE_URL: baseUrl = "" } = env;
    await seedDemo({ dataDir: options.dataFolder, configFile, baseUrl, hookToken, hookTokenFile, log, abort });
    writeFileSync(mark, "");
    options.progress.say("  All pushes of the demo have been made.");
  } catch (error) {
    if (abort.aborted) return;
    options.progress.say(
      `  The demo is not complete: ${error instanceof Error ? error.message : error} The next start goes on with it.`,
    );
  }
}

/** The token with which repositories on this machine tell of pushes; a new one when there is none that is valid. */
async function ensureHookToken(file: string, databaseUrl: string): Promise<string> {
  const sql = openDatabase({ url: databaseUrl, applicationName: "self-serve start", max: 1 });
  try {
    const known = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    if (known && (await verifyToken(sql, known, null))) return known;
    const { secret } = await sql.transaction((tx) =>
      mintToken(tx, {
        kind: "hook",
        userId: null,
        name: "hook of this machine",
        scopes: ["pushes:write"],
        expiresInDays: TOKEN_DAYS,
      }),
    );
    writeFileSync(`${file}.new`, secret, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    return secret;
  } finally {
    await sql.close();
  }
}
