import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { runTool } from "./run-tool.ts";
import { readVitest, type Tally, tallyOf } from "./tally.ts";

/** Runs the unit and integration tests, on services of their own. */
export function runUnitTests(root: string): Promise<Tally> {
  return runVitest(root, []);
}

/** Runs the tests that break a whole product on purpose; they start it themselves from the production build of the tests. */
export function runFaultTests(root: string): Promise<Tally> {
  return runVitest(root, ["--config", "e2e/faults/vitest.config.ts"]);
}

/** Runs the campaign's short level and the tests of its checkers, against the production build of the tests. */
export function runCampaignTests(root: string): Promise<Tally> {
  return runVitest(root, ["--config", "e2e/campaign/vitest.config.ts"]);
}

/** Runs the tests of the production page: its units, its proxy, backup and restart, with Debian's nginx. */
export function runProductionTests(root: string): Promise<Tally> {
  return runVitest(root, ["--config", "e2e/production/vitest.config.ts"]);
}

async function runVitest(root: string, choice: string[]): Promise<Tally> {
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-report-"));
  const report = path.join(folder, "vitest.json");
  try {
    const args = ["run", ...choice, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await runTool(
      path.join(root, "node_modules/vitest/vitest.mjs"),
      args,
      root,
      withoutTestServices(process.env),
    );
    return tallyOf(report, code, readVitest);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Services that somebody keeps running for single tests are not for the whole suite. */
function withoutTestServices(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    ...Object.fromEntries(
      Object.keys(env)
        .filter((name) => name.startsWith("TEST_"))
        .map((name) => [name, undefined]),
    ),
  };
}
