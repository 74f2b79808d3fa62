import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { TEST_DIST_DIR } from "../../scripts/test/browser-tests.ts";
import { runCampaign } from "./campaign.ts";
import { LEVELS } from "./levels.ts";
import { tableOf } from "./summary.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

it("holds every rule under load and faults of every kind", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-campaign-"));
  const seed = process.env.CAMPAIGN_SEED ?? String(Date.now() % 1_000_000);
  const say = (sentence: string) => console.log(`seed ${seed}: ${sentence}`);
  const summary = await runCampaign({
    root: ROOT,
    distDir: TEST_DIST_DIR,
    name: "short",
    level: LEVELS.short,
    seed,
    folder,
    say,
  });
  console.log(tableOf(summary));
  expect(
    summary.findings.flatMap(({ invariant, violations }) => violations.map((what) => `${invariant}: ${what}`)),
  ).toEqual([]);
  expect(Object.keys(summary.faultsByKind).length).toBeGreaterThanOrEqual(10);
  rmSync(folder, { recursive: true, force: true }); // what a failure needs stays
}, 600_000);
