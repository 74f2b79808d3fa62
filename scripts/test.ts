// npm test: everything that is checked and tested, with services of its own. The last line counts.
import path from "node:path";
import { ensureInstalled } from "./services/packages.ts";
import { build, isBuilt } from "./start/build.ts";
import { consoleProgress } from "./start/progress.ts";
import { runBrowserTests, TEST_DIST_DIR } from "./test/browser-tests.ts";
import { type Tally, total } from "./test/tally.ts";
import { runCampaignTests, runFaultTests, runUnitTests } from "./test/unit-tests.ts";
import { printChecks, runChecks } from "./verify/checks.ts";

const root = path.resolve(import.meta.dirname, "..");
const progress = consoleProgress(process.stdout);
const began = performance.now();
const tallies: Tally[] = [];

/** Counts a part that could not even run as one failure. */
async function count(part: () => Promise<Tally>): Promise<void> {
  try {
    tallies.push(await part());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    tallies.push({ passed: 0, failed: 1 });
  }
}

await count(async () => {
  await ensureInstalled(["redis", "openldap", "git", "c compiler", "chromium"], (what) => progress.say(`· ${what} …`));
  const results = await runChecks(root);
  printChecks(results);
  const failed = results.filter((result) => result.complaints).length;
  return { passed: results.length - failed, failed };
});
await count(() => runUnitTests(root));
await count(async () => {
  const target = { root, distDir: TEST_DIST_DIR, logFile: path.join(root, TEST_DIST_DIR, "build.log") };
  if (!isBuilt(target)) await progress.stage("Building the pages", () => build(target));
  return { passed: 1, failed: 0 };
});
await count(() => runBrowserTests(root, [], progress));
await count(() => runFaultTests(root));
await count(() => runCampaignTests(root));

const { passed, failed } = total(tallies);
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
