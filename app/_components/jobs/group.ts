import type { Job } from "@/lib/contracts/job.ts";

/** The jobs of one builder in a push: the first one and its retriggers, oldest first. */
export interface BuilderGroup {
  builder: string;
  /** The builder's name without its platform's, where that says enough. */
  shortName: string;
  kind: Job["kind"];
  jobs: Job[];
}

/** One platform's builders: builds first, then tests, then nightlies, each by name. */
export interface PlatformGroup {
  platform: string;
  builders: BuilderGroup[];
}

const KIND_ORDER: Record<Job["kind"], number> = { build: 0, test: 1, nightly: 2 };
const byName = new Intl.Collator("en", { numeric: true });

/** Groups a push's jobs as its pages show them. */
export function groupJobs(jobs: readonly Job[]): PlatformGroup[] {
  const platforms = Map.groupBy(jobs, (job) => job.platform);
  return [...platforms.keys()]
    .toSorted(byName.compare)
    .map((platform) => ({ platform, builders: groupBuilders(platform, platforms.get(platform) ?? []) }));
}

function groupBuilders(platform: string, jobs: readonly Job[]): BuilderGroup[] {
  const builders = Map.groupBy(jobs, (job) => job.builder);
  return [...builders.values()].map((same) => groupOf(platform, same)).toSorted(compareGroups);
}

function groupOf(platform: string, jobs: Job[]): BuilderGroup {
  const sorted = jobs.toSorted((a, b) => a.id - b.id);
  const builder = sorted[0]?.builder ?? "";
  return { builder, shortName: shortName(builder, platform), kind: sorted[0]?.kind ?? "build", jobs: sorted };
}

function compareGroups(a: BuilderGroup, b: BuilderGroup): number {
  return KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || byName.compare(a.builder, b.builder);
}

/** `linux64 opt build` on `linux64` is `opt build`, `linux64 asan build` on `linux64-asan` is `build`; a name that says nothing else stays whole. */
export function shortName(builder: string, platform: string): string {
  if (!asWords(builder).startsWith(asWords(platform))) return builder;
  const rest = builder.slice(platform.length).replace(/^[\s:/._-]+/, "");
  return rest === "" ? builder : rest;
}

/** The name whichever way its words are parted; as long as it was. */
function asWords(name: string): string {
  return name.toLowerCase().replace(/[\s:/._-]/g, " ");
}
