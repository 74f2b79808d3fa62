import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { TEST_DIST_DIR } from "../../scripts/test/browser-tests.ts";
import { inBrokenTree, ruleToBreak } from "./broken-tree.ts";
import { runCampaign } from "./campaign.ts";
import { LEVELS, type Level } from "./levels.ts";
import { REPLACED_WORKER } from "./nemeses/replace-worker.ts";
import { type Summary, tableOf } from "./summary.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const SEED = process.env.CAMPAIGN_SEED ?? "1";

/** Workers that are replaced, and speak again: who takes their word does not know what a fence is. */
const REPLACED: Level = {
  episodes: 1,
  size: {
    ...LEVELS.short.size,
    jobs: 60,
    slowness: 12,
    drainSeconds: 20,
    faults: 1,
    faultEveryMs: 1_000,
    maxSeconds: 150,
    kinds: [REPLACED_WORKER.kind],
    noneAlone: true,
  },
};

/** What a campaign said is broken. What it left behind stays when that is not what the test expects. */
async function play(root: string, name: string, level: Level, right: (broken: string[]) => boolean): Promise<Summary> {
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-campaign-"));
  const say = (sentence: string) => console.log(`${name}, seed ${SEED}: ${sentence}`);
  const summary = await runCampaign({ root, distDir: TEST_DIST_DIR, name, level, seed: SEED, folder, say });
  console.log(tableOf(summary));
  if (right(brokenRules(summary))) rmSync(folder, { recursive: true, force: true });
  else console.log(`All that was seen is in ${folder}.`);
  return summary;
}

function brokenRules({ findings }: Summary): string[] {
  return findings.flatMap(({ invariant, violations }) => violations.map((sentence) => `${invariant}: ${sentence}`));
}

it("holds every rule under load and faults of every kind", async () => {
  const summary = await play(ROOT, "short", LEVELS.short, (broken) => broken.length === 0);
  expect(brokenRules(summary)).toEqual([]);
  expect(Object.keys(summary.faultsByKind).length).toBeGreaterThanOrEqual(10);
}, 600_000);

it("sees that the fence is gone", async () => {
  const run = (tree: string) => play(tree, "no fence", REPLACED, (broken) => broken.length > 0);
  const summary = await inBrokenTree(ROOT, TEST_DIST_DIR, ruleToBreak("no-fence"), run);
  expect(brokenRules(summary).join("\n")).toMatch(/I[23]/);
}, 600_000);
