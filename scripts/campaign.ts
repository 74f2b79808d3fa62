// npm run campaign: the fault campaign, at any level and with any seed. `npm run campaign -- --help` says how.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { runCampaign } from "../e2e/campaign/campaign.ts";
import { LEVELS, type LevelName } from "../e2e/campaign/levels.ts";
import { tableOf } from "../e2e/campaign/summary.ts";
import { ensureInstalled } from "./services/packages.ts";
import { build, isBuilt } from "./start/build.ts";
import { consoleProgress } from "./start/progress.ts";
import { TEST_DIST_DIR } from "./test/browser-tests.ts";

const { values } = parseArgs({
  options: {
    level: { type: "string", default: "short" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    resume: { type: "string" },
    tree: { type: "string" },
  },
});
const name = values.level as LevelName;
if (!(name in LEVELS)) {
  console.error(`There is no level "${values.level}". There are: ${Object.keys(LEVELS).join(", ")}.`);
  process.exit(2);
}

const root = values.tree ? path.resolve(values.tree) : path.resolve(import.meta.dirname, "..");
const progress = consoleProgress(process.stdout);
await ensureInstalled(["redis", "openldap", "git"], (what) => progress.say(`· ${what} …`));
const target = { root, distDir: TEST_DIST_DIR, logFile: path.join(root, TEST_DIST_DIR, "build.log") };
if (!isBuilt(target)) await progress.stage("Building the pages", () => build(target));

const folder = values.resume ?? mkdtempSync(path.join(tmpdir(), "self-serve-campaign-"));
mkdirSync(folder, { recursive: true });
console.log(
  `seed ${values.seed}, in ${folder} (go on after an interruption with --resume ${folder} --seed ${values.seed})`,
);
const began = performance.now();
const summary = await runCampaign({
  root,
  distDir: TEST_DIST_DIR,
  name,
  level: LEVELS[name],
  seed: values.seed,
  folder,
  say: (sentence) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${sentence}`),
});
writeFileSync(path.join(folder, "summary.json"), JSON.stringify(summary));
for (const finding of summary.findings) console.log(JSON.stringify(finding));
console.log(`\n${tableOf(summary)}`);
const broken = summary.findings.some(({ violations }) => violations.length > 0);
if (broken) console.log(`\nAll that was seen is in ${folder}.`);
else if (values.resume === undefined) rmSync(folder, { recursive: true, force: true });
process.exit(broken ? 1 : 0);
