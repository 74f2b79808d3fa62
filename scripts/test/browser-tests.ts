import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DIRECTORY_NAMES } from "../services/directory-content.ts";
import { ensureInstalled, findChromium } from "../services/packages.ts";
import { freePort } from "../services/ports.ts";
import { type Product, startProduct } from "../start/product.ts";
import type { Progress } from "../start/progress.ts";
import { runTool } from "./run-tool.ts";
import { readPlaywright, type Tally, tallyOf } from "./tally.ts";

/** The production build of the tests, apart from that of `npm start`. */
export const TEST_DIST_DIR = ".next-test";

/** Runs the end-to-end tests in Chromium against a whole product with its own data and services. `args` go to Playwright. */
export async function runBrowserTests(root: string, args: string[], progress: Progress): Promise<Tally> {
  await ensureInstalled(["chromium"], (what) => progress.say(`· ${what} …`));
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-e2e-"));
  chmodSync(folder, 0o755); // system users that run PostgreSQL and steps must get through
  const report = path.join(folder, "playwright.json");
  let product: Product | undefined;
  try {
    product = await startProduct({
      root,
      dataFolder: path.join(folder, "data"),
      given: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: process.env.LANG },
      port: await freePort(),
      workers: 2,
      demo: false,
      mode: "production",
      distDir: TEST_DIST_DIR,
      durable: false,
      progress,
    });
    const env = { ...process.env, ...addressesOf(product), PLAYWRIGHT_JSON_OUTPUT_FILE: report };
    const playwright = path.join(root, "node_modules/@playwright/test/cli.js");
    const code = await runTool(playwright, ["test", "--reporter=list,json", ...args], root, env);
    return tallyOf(report, code, readPlaywright);
  } finally {
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the tests need to know of the product: its address, and how to change the world around it. */
function addressesOf({ url, env }: Product): Record<string, string> {
  return {
    E2E_BASE_URL: url,
    E2E_ARTIFACT_ORIGIN: env.ARTIFACT_ORIGIN ?? "",
    E2E_DATA_DIR: env.DATA_DIR ?? "",
    E2E_CONFIG_FILE: env.CONFIG_FILE ?? "",
    E2E_DATABASE_URL: env.DATABASE_URL ?? "",
    E2E_REDIS_URL: env.REDIS_URL ?? "",
    E2E_LDAP_URL: env.LDAP_URL ?? "",
    E2E_LDAP_USER_BASE: DIRECTORY_NAMES.userBase,
    E2E_LDAP_GROUP_BASE: DIRECTORY_NAMES.groupBase,
    E2E_LDAP_ADMIN_DN: DIRECTORY_NAMES.administrator,
    E2E_LDAP_ADMIN_PASSWORD: env.LDAP_BIND_PASSWORD ?? "",
    E2E_CHROMIUM: findChromium() ?? "",
  };
}
