import { checkConfigFile } from "../config/config-file.ts";
import type { Problem } from "../config/config-problem.ts";
import {
  type BuilderDefinition,
  IN_TREE_CONFIG_FILE,
  IN_TREE_CONFIG_MAX_BYTES,
  type InTreeBuilder,
  InTreeConfig,
} from "../contracts/in-tree-config.ts";
import type { ConfigError } from "../contracts/push.ts";
import type { BranchFacts } from "../scheduler/source-control.ts";
import { chunkProblems, splitSuites } from "./chunk-builders.ts";
import { contradictions, needProblems, repeatedBuilders } from "./in-tree-rules.ts";

/** The builders of a revision, or everything that is wrong with its configuration. */
export type InTreeResult = { ok: true; definitions: BuilderDefinition[] } | { ok: false; errors: ConfigError[] };

/**
 * Checks the bytes of `.selfserve.yml`. Never throws. Definitions come in the order of the file, with every default filled in; a suite
 * with chunks comes as one definition per chunk.
 */
export function checkInTreeConfig(bytes: Uint8Array, facts: BranchFacts): InTreeResult {
  const options = { file: IN_TREE_CONFIG_FILE, maxBytes: IN_TREE_CONFIG_MAX_BYTES };
  const checked = checkConfigFile(InTreeConfig, bytes, options);
  if (!checked.ok) return checked;
  const { builders } = checked.value;

  const chosen = builders.map((builder, index) => choosePool(builder, index, facts));
  const problems = [
    ...repeatedBuilders(builders),
    ...needProblems(builders),
    ...contradictions(builders),
    ...chunkProblems(builders),
    ...chosen.flatMap((choice) => (typeof choice === "string" ? [] : [choice])),
  ];
  if (problems.length > 0) return { ok: false, errors: checked.locate(problems) };
  const definitions = builders.map((builder, index) => toDefinition(builder, String(chosen[index])));
  return { ok: true, definitions: splitSuites(builders, definitions) };
}

function toDefinition(builder: InTreeBuilder, pool: string): BuilderDefinition {
  const { name, platform, kind, needs, steps, env, artifacts, timeout, exclusive } = builder;
  const considerForNightly = builder.considerForNightly ?? kind === "build";
  return {
    name,
    platform,
    kind,
    pool,
    needs: [...new Set(needs)],
    steps: steps.map((step) => ({ name: step.name, run: step.run, timeoutSeconds: step.timeout ?? timeout })),
    env,
    artifacts,
    timeoutSeconds: timeout,
    exclusive,
    // Merging would scatter the green revisions that a nightly is chosen from, and a nightly is one of its own.
    mergeable: builder.mergeable ?? (kind === "test" || (kind === "build" && !considerForNightly)),
    considerForNightly,
    mergeLimit: builder.mergeLimit,
    affinity: builder.affinity ?? null,
    workers: builder.workers,
    idle: builder.idle,
    chunk: null,
    retry: { limit: builder.retry.limit, exitCodes: [...new Set(builder.retry.exitCodes)].sort((a, b) => a - b) },
  };
}

/** The pool that the builder runs in on this branch, or why it cannot. */
function choosePool(builder: InTreeBuilder, index: number, facts: BranchFacts): string | Problem {
  const path = ["builders", index, "pool"];
  const named = typeof builder.pool === "string" ? [builder.pool] : builder.pool;
  const known = named.flatMap((name) => facts.pools.find((pool) => pool.name === name) ?? []);
  const right = known.find((pool) => pool.trustLevel === facts.trustLevel);
  if (right) return right.name;

  const fitting = facts.pools.filter((pool) => pool.trustLevel === facts.trustLevel).map((pool) => pool.name);
  const instead =
    fitting.length > 0 ? `those that fit are ${fitting.join(", ")}` : "no pool fits; ask an admin for one";
  if (known.length === 0) return { path, message: `There is no pool ${named.join(" or ")} here; ${instead}.` };
  const levels = known.map((pool) => `${pool.name} has trust level ${pool.trustLevel}`).join(", ");
  const message = `The pool ${levels}, but the branch ${facts.branch} has ${facts.trustLevel}; ${instead}.`;
  return { path, message };
}
