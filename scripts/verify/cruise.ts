import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Module, ParseOptions } from "@swc/core";
import type { ICruiseOptions, ICruiseResult, IResolveOptions } from "dependency-cruiser";

/** An arrow that may not be, or another fault of the module graph. */
export interface BrokenArrow {
  rule: string;
  from: string;
  to: string;
}

/** What the module graph looks like. */
export interface Cruise {
  modules: number;
  broken: BrokenArrow[];
}

const RULES = path.resolve(import.meta.dirname, "../../.dependency-cruiser.mjs");

/** Reads the modules of these folders of `root`, and judges every import by the project's `.dependency-cruiser.mjs`. */
export async function cruiseModules(root: string, folders: string[]): Promise<Cruise> {
  teachTsx();
  const { cruise } = await import("dependency-cruiser");
  const { options, ...ruleSet } = (await import(pathToFileURL(RULES).href)).default;
  const {
    enhancedResolveOptions,
    ...cruiseOptions
  }: ICruiseOptions & { enhancedResolveOptions: Partial<IResolveOptions> } = options;
  const { output } = await cruise(
    folders,
    { ...cruiseOptions, ruleSet, validate: true, baseDir: root },
    enhancedResolveOptions,
  );
  const { summary } = output as ICruiseResult;
  return {
    modules: summary.totalCruised,
    broken: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}

interface Swc {
  parseFileSync(file: string, options: ParseOptions): Module;
}

let taught = false;

/** dependency-cruiser asks swc for TypeScript without JSX, whatever the file's name; this corrects the question. */
function teachTsx(): void {
  if (taught) return;
  taught = true;
  const swc: Swc = createRequire(import.meta.url)("@swc/core");
  const parse = swc.parseFileSync.bind(swc);
  swc.parseFileSync = (file, options) =>
    parse(file, options.syntax === "typescript" ? { ...options, tsx: path.extname(file) === ".tsx" } : options);
}
