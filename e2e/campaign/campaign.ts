import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CHECKERS } from "./checkers/all.ts";
import { type Finding, Findings } from "./checkers/finding.ts";
import { type EpisodeSize, playEpisode } from "./episode.ts";
import { readFacts } from "./facts.ts";
import type { Level } from "./levels.ts";
import { FAILPOINT } from "./nemeses/failpoint.ts";
import { type EpisodeResult, type Summary, sumUp } from "./summary.ts";

/** What to play. */
export interface CampaignOptions {
  root: string;
  distDir: string;
  name: string;
  level: Level;
  seed: string;
  /** Holds a folder per episode. One whose result is there is not played again, so an interrupted campaign goes on. */
  folder: string;
  say: (sentence: string) => void;
}

/** Plays all episodes of a level and checks each. The folder of an episode that broke a rule is kept whole. */
export async function runCampaign({ name, level, seed, folder, ...options }: CampaignOptions): Promise<Summary> {
  const results: EpisodeResult[] = [];
  const sizes = sizesOf(level);
  const pointsFile = path.join(folder, "points.json");
  for (const [index, size] of sizes.entries()) {
    const number = index + 1;
    const place = path.join(folder, `episode-${String(number).padStart(3, "0")}`);
    const say = (sentence: string) => options.say(`episode ${number} of ${sizes.length}: ${sentence}`);
    results.push(await episode({ ...options, folder: place, seed: `${seed}.${number}`, size, pointsFile, say }));
  }
  const summary = sumUp(name, seed, results);
  if (level.sweeps) summary.findings.push(swept(summary, level.sweeps.repeats));
  return summary;
}

function sizesOf({ episodes, size, sweeps }: Level): EpisodeSize[] {
  const parts = sweeps?.episodes ?? 0;
  return [
    ...Array<EpisodeSize>(episodes).fill(size),
    ...Array.from({ length: parts }, (_, part) => ({
      ...(sweeps?.size ?? size),
      sweep: { part, parts, repeats: sweeps?.repeats ?? 0 },
    })),
  ];
}

/** So many points at least are swept by a level that sweeps. */
const POINTS = 45;

/** Whether processes died often enough at enough points. */
function swept({ deathsByPoint }: Summary, repeats: number): Finding {
  const findings = new Findings("failpoints", "processes died at every point of the protocol");
  const points = Object.entries(deathsByPoint);
  const often = points.filter(([, deaths]) => deaths >= repeats);
  findings.count("points", points.length);
  findings.count(
    "deaths",
    Object.values(deathsByPoint).reduce((sum, deaths) => sum + deaths, 0),
  );
  findings.expect(
    often.length >= POINTS,
    () => `Only ${often.length} points had ${repeats} deaths each, of ${POINTS}.`,
  );
  return findings.done();
}

interface OneEpisode {
  root: string;
  distDir: string;
  folder: string;
  seed: string;
  size: EpisodeSize;
  pointsFile: string;
  say: (sentence: string) => void;
}

async function episode(options: OneEpisode): Promise<EpisodeResult> {
  const { folder, seed, say } = options;
  const file = path.join(folder, "result.json");
  if (existsSync(file)) {
    say("was played before");
    return JSON.parse(readFileSync(file, "utf8")) as EpisodeResult;
  }
  rmSync(folder, { recursive: true, force: true }); // an episode that was interrupted begins anew
  mkdirSync(folder, { recursive: true });
  const journals = await playEpisode(options);
  const result = checkEpisode(journals, seed);
  writeFileSync(file, JSON.stringify(result));
  const broken = result.findings.filter(({ violations }) => violations.length > 0);
  say(broken.length === 0 ? "every rule holds" : `broken: ${broken.map(({ name }) => name).join(", ")}`);
  if (broken.length === 0) tidy(folder);
  return result;
}

/** Checks what an episode left behind. */
export function checkEpisode(journals: string, seed: string): EpisodeResult {
  const facts = readFacts(journals);
  const faultsByKind: Record<string, number> = {};
  const deathsByPoint: Record<string, number> = {};
  for (const { kind, detail } of facts.faults) {
    faultsByKind[kind] = (faultsByKind[kind] ?? 0) + 1;
    if (kind === FAILPOINT.kind && detail) deathsByPoint[detail] = (deathsByPoint[detail] ?? 0) + 1;
  }
  return {
    seed,
    jobs: facts.jobs.length,
    faultsByKind,
    deathsByPoint,
    findings: CHECKERS.map((check) => check(facts)),
  };
}

/** Of an episode in which all was well only its result and its journals are kept. */
function tidy(folder: string): void {
  for (const name of ["postgres", "redis", "directory", "data", "agents", "source.git"]) {
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
