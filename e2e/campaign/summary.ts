import type { Finding } from "./checkers/finding.ts";

/** What a campaign found, over all its episodes. */
export interface Summary {
  level: string;
  seed: string;
  episodes: number;
  jobs: number;
  faults: number;
  faultsByKind: Record<string, number>;
  /** How often processes died at which failpoint. */
  deathsByPoint: Record<string, number>;
  findings: Finding[];
}

/** What one episode found. */
export interface EpisodeResult {
  seed: string;
  jobs: number;
  faultsByKind: Record<string, number>;
  deathsByPoint: Record<string, number>;
  findings: Finding[];
}

/** Adds the episodes up: counts are added, times are the longest. */
export function sumUp(level: string, seed: string, results: readonly EpisodeResult[]): Summary {
  const faultsByKind: Record<string, number> = {};
  const deathsByPoint: Record<string, number> = {};
  for (const result of results) {
    add(faultsByKind, result.faultsByKind);
    add(deathsByPoint, result.deathsByPoint);
  }
  const findings = new Map<string, Finding>();
  for (const result of results) {
    for (const finding of result.findings) {
      const known = findings.get(finding.name);
      findings.set(finding.name, known ? merge(known, finding) : { ...finding, figures: { ...finding.figures } });
    }
  }
  return {
    level,
    seed,
    episodes: results.length,
    jobs: results.reduce((sum, { jobs }) => sum + jobs, 0),
    faults: Object.values(faultsByKind).reduce((sum, count) => sum + count, 0),
    faultsByKind,
    deathsByPoint,
    findings: [...findings.values()],
  };
}

function merge(one: Finding, other: Finding): Finding {
  const figures = { ...one.figures };
  for (const [name, value] of Object.entries(other.figures)) {
    figures[name] = name.endsWith("Ms") ? Math.max(figures[name] ?? value, value) : (figures[name] ?? 0) + value;
  }
  return {
    ...one,
    checked: one.checked + other.checked,
    violations: [...one.violations, ...other.violations],
    figures,
  };
}

function add(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
}

const SHOWN = 10;

/** The summary for people: a line per invariant, with what was wrong below it. */
export function tableOf({ level, seed, episodes, jobs, faults, faultsByKind, findings }: Summary): string {
  const lines = [
    `campaign ${level}, seed ${seed}: ${episodes} episode${episodes === 1 ? "" : "s"}, ${jobs} jobs, ${faults} faults of ${Object.keys(faultsByKind).length} kinds`,
    ...Object.entries(faultsByKind)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([kind, count]) => `  ${String(count).padStart(5)}  ${kind}`),
    "",
  ];
  for (const { invariant, name, checked, violations, figures } of findings) {
    const told = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
    lines.push(
      `${violations.length === 0 ? "✓" : "✗"} ${invariant.padEnd(12)} ${name}: ${checked} checked, ${violations.length} broken`,
    );
    if (told.length > 0) lines.push(`${" ".repeat(15)}${told.join(" · ")}`);
    for (const violation of violations.slice(0, SHOWN)) lines.push(`${" ".repeat(15)}${violation}`);
    if (violations.length > SHOWN) lines.push(`${" ".repeat(15)}… and ${violations.length - SHOWN} more`);
  }
  return lines.join("\n");
}
