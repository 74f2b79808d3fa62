import type { Problem } from "../config/config-problem.ts";
import {
  type BuilderDefinition,
  type InTreeBuilder,
  MAX_BUILDER_NAME,
  MAX_BUILDERS,
} from "../contracts/in-tree-config.ts";

type Builders = readonly InTreeBuilder[];

/** Suites that cannot be split as they ask: they are no tests, the names of their chunks are taken or too long, or they are too many. */
export function chunkProblems(builders: Builders): Problem[] {
  const taken = new Set(builders.map(({ name }) => name));
  const suites = builders.flatMap((builder, index) => {
    const message = builder.chunks === undefined ? null : faultOfSuite(builder, builder.chunks, taken);
    return message === null ? [] : [{ path: ["builders", index, "chunks"], message }];
  });
  return [...suites, ...tooMany(builders)];
}

function faultOfSuite({ name, kind }: InTreeBuilder, chunks: number, taken: Set<string>): string | null {
  if (kind !== "test") return `"${name}" is of kind ${kind}, but only tests are split into chunks; take it out.`;
  const names = chunkNames(name, chunks);
  const double = names.find((chunk) => taken.has(chunk));
  for (const chunk of names) taken.add(chunk);
  if (double !== undefined) {
    return `The chunks of "${name}" are builders of their own, and "${double}" would be one of two; rename one of them.`;
  }
  if ((names.at(-1)?.length ?? 0) <= MAX_BUILDER_NAME) return null;
  return `The name of a suite has at most ${MAX_BUILDER_NAME} characters with the number behind it, such as "-${chunks}"; give it a shorter one.`;
}

/** One problem, where the bound is passed. */
function tooMany(builders: Builders): Problem[] {
  let total = 0;
  for (const [index, { chunks }] of builders.entries()) {
    total += chunks ?? 1;
    if (total <= MAX_BUILDERS) continue;
    const message = `The file has ${total} builders up to here, each chunk counted; it may have ${MAX_BUILDERS}.`;
    return [{ path: ["builders", index, chunks === undefined ? "name" : "chunks"], message }];
  }
  return [];
}

/** Puts a definition per chunk in the place of each suite. Who needs a suite needs all of its chunks. */
export function splitSuites(builders: Builders, definitions: readonly BuilderDefinition[]): BuilderDefinition[] {
  const chunksOf = new Map(builders.map(({ name, chunks }) => [name, chunkNames(name, chunks)]));
  return definitions.flatMap((definition) => {
    const needs = definition.needs.flatMap((need) => chunksOf.get(need) ?? [need]);
    const { name: suite } = definition;
    const names = chunksOf.get(suite) ?? [suite];
    return names.map((name, at) => ({
      ...definition,
      name,
      needs,
      chunk: name === suite ? null : { suite, index: at + 1, of: names.length },
    }));
  });
}

/** The builders that one of the file stands for: its chunks, `tests-1` and so on, or itself. */
function chunkNames(name: string, chunks: number | undefined): string[] {
  return chunks === undefined ? [name] : Array.from({ length: chunks }, (_, index) => `${name}-${index + 1}`);
}
