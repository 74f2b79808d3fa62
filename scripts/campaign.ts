// npm run campaign: the fault campaign, at any level and with any seed. `npm run campaign -- --help` says how.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { inBrokenTree, ruleToBreak } from "../e2e/campaign/broken-tree.ts";
import { runCampaign } from "../e2e/campaign/campaign.ts";
import { KEPT_SEEDS } from "../e2e/campaign/kept-seeds.ts";
import { LEVELS, type LevelName } from "../e2e/campaign/levels.ts";
import { tableOf } from "../e2e/campaign/summary.ts";
import type { Mutant } from "./mutants/mutate.ts";
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
    break: { type: "string" },
    kept: { type: "boolean", default: false },
  },
});

const root = path.resolve(values.tree ?? path.join(import.meta.dirname, ".."));
const progress = consoleProgress(process.stdout);
try {
  const rule = values.break === undefined ? undefined : ruleToBreak(values.break);
  const wanted = values.kept ? KEPT_SEEDS : [{ level: levelOf(values.level), seed: values.seed }];
  await ensureInstalled(["redis", "openldap", "git"], (what) => progress.say(`· ${what} …`));
  const target = { root, distDir: TEST_DIST_DIR, logFile: path.join(root, TEST_DIST_DIR, "build.log") };
  if (!isBuilt(target)) await progress.stage("Building the pages", () => build(target));
  let right = true;
  for (const { level, seed } of wanted) right = (await play(level, seed, rule)) && right;
  process.exit(right ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}

function levelOf(name: string): LevelName {
  if (name in LEVELS) return name as LevelName;
  throw new Error(`There is no level "${name}". There are: ${Object.keys(LEVELS).join(", ")}.`);
}

/** Plays a level and prints what it found; true when every rule held, or when the one that was broken on purpose was seen. */
async function play(name: LevelName, seed: string, rule: Mutant | undefined): Promise<boolean> {
  const folder = values.resume ?? mkdtempSync(path.join(tmpdir(), "self-serve-campaign-"));
  mkdirSync(folder, { recursive: true });
  console.log(`seed ${seed}, in ${folder} (go on after an interruption with --resume ${folder} --seed ${seed})`);
  const began = performance.now();
  const say = (sentence: string) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${sentence}`);
  const options = { distDir: TEST_DIST_DIR, name, level: LEVELS[name], seed, folder, say };
  const run = (tree: string) => runCampaign({ ...options, root: tree });
  const summary = await (rule ? inBrokenTree(root, TEST_DIST_DIR, rule, run) : run(root));
  writeFileSync(path.join(folder, "summary.json"), JSON.stringify(summary));
  for (const finding of summary.findings) console.log(JSON.stringify(finding));
  console.log(`\n${tableOf(summary)}`);
  const broken = summary.findings.some(({ violations }) => violations.length > 0);
  if (rule) console.log(`\n${rule.name} (${rule.without}): the checkers ${broken ? "saw" : "did not see"} it.`);
  if (broken) console.log(`\nAll that was seen is in ${folder}.`);
  else if (values.resume === undefined) rmSync(folder, { recursive: true, force: true });
  return broken === (rule !== undefined);
}
