import { z } from "zod";
import { ConfigName, Duration } from "./config-values.ts";
import { BuilderKind } from "./job.ts";

/** A builder's definition as a job stores it: defaults filled in, times in seconds. */
export const BuilderDefinition = z.object({
  name: z.string(),
  platform: z.string(),
  kind: BuilderKind,
  pool: z.string(),
  needs: z.array(z.string()),
  steps: z.array(z.object({ name: z.string(), run: z.string(), timeoutSeconds: z.int().positive() })).min(1),
  env: z.record(z.string(), z.string()),
  artifacts: z.array(z.string()),
  timeoutSeconds: z.int().positive(),
  exclusive: z.boolean(),
  mergeable: z.boolean(),
  considerForNightly: z.boolean(),
  /** How many jobs one run may serve; `all` skips to the newest. */
  mergeLimit: z.union([z.int().positive(), z.literal("all")]).default(3),
  /** `objdir`: the worker that last ran it with success is preferred, because its object directory makes the build incremental. */
  affinity: z.literal("objdir").nullable().default(null),
  /** `fast`: only on fast workers, as long as its pool has some. */
  workers: z.enum(["any", "fast"]).default("any"),
  /** Runs only while enough workers of its pool are free. */
  idle: z.boolean().default(false),
  /** Which part of a chunked suite it is; the suite is the builder's name as it was written. */
  chunk: z.object({ suite: z.string(), index: z.int().positive(), of: z.int().positive() }).nullable().default(null),
  /** Faults of the infrastructure that it survives, and the exit codes of steps that count as one. */
  retry: z.object({ limit: z.int().nonnegative(), exitCodes: z.array(z.int()) }).default({ limit: 5, exitCodes: [] }),
});
export type BuilderDefinition = z.infer<typeof BuilderDefinition>;

/** Where the configuration of a repository stands at each of its revisions. */
export const IN_TREE_CONFIG_FILE = ".selfserve.yml";

/** Larger files are refused unread. */
export const IN_TREE_CONFIG_MAX_BYTES = 1024 * 1024;

const DAY_SECONDS = 24 * 60 * 60;
const MAX_STEPS = 100;

/** Builders of a file, each chunk of a suite counted as one. */
export const MAX_BUILDERS = 500;
/** Characters of a builder's name, with the number of its chunk. */
export const MAX_BUILDER_NAME = 200;

/** Builders, platforms and steps: one line that can be read on a page. */
const title = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\s\p{C}](?:[^\p{C}\u2028\u2029]*[^\s\p{C}])?$/u, "must be one line of text without spaces at its ends");

const VariableName = z
  .string()
  .regex(
    /^(?!SELFSERVE_)[A-Za-z_][A-Za-z0-9_]*$/,
    "is no name for a variable: letters, digits and underscores, not starting with a digit or with SELFSERVE_, such as NODE_ENV",
  );

const ArtifactPattern = z
  .string()
  .min(1, "must name a file or a pattern, such as dist/*.zip")
  .max(500, "must have at most 500 characters")
  .refine(
    (pattern) => !pattern.startsWith("/") && !pattern.split("/").includes("..") && !pattern.includes("\\"),
    'must be relative to the checkout and stay inside it, without "..", such as dist/*.zip',
  );

const Step = z.strictObject({
  name: title(200),
  run: z
    .string()
    .max(100_000, "must have at most 100,000 characters")
    .refine((run) => run.trim() !== "", "must say what to run, such as npm test"),
  timeout: Duration(1, DAY_SECONDS).optional(),
});

const wholeNumber = (min: number, max: number, unless = "") => {
  const bounds = `must be a whole number from ${min} to ${max}${unless}`;
  return z.int(bounds).min(min, bounds).max(max, bounds);
};

const MERGE_LIMITS = "must be a whole number from 1 to 100, or all";

/** When its run counts as a fault of the infrastructure, and how many of those it survives. */
const Retry = z.strictObject({
  limit: wholeNumber(0, 20).default(5),
  exitCodes: z.array(wholeNumber(1, 255)).max(255, "must have at most 255 exit codes").default([]),
});

/** One builder as people write it; what is left out gets its default in `lib/pushes`. */
export const InTreeBuilder = z.strictObject({
  name: title(MAX_BUILDER_NAME),
  platform: title(100),
  kind: BuilderKind.default("build"),
  /** One pool, or several of which the one with the branch's trust level is taken. */
  pool: z.union(
    [ConfigName, z.array(ConfigName).min(1, "must name at least one pool").max(20, "must name at most 20 pools")],
    "must be the name of a pool, or a list of names",
  ),
  needs: z.array(title(MAX_BUILDER_NAME)).max(MAX_BUILDERS, `must name at most ${MAX_BUILDERS} builders`).default([]),
  steps: z.array(Step).min(1, "must have at least one step").max(MAX_STEPS, `must have at most ${MAX_STEPS} steps`),
  env: z.record(VariableName, z.string().max(10_000, "must have at most 10,000 characters")).default({}),
  artifacts: z.array(ArtifactPattern).max(100, "must have at most 100 patterns").default([]),
  timeout: Duration(1, DAY_SECONDS).default(60 * 60),
  exclusive: z.boolean().default(false),
  mergeable: z.boolean().optional(),
  considerForNightly: z.boolean().optional(),
  mergeLimit: z.union([wholeNumber(1, 100, ", or all"), z.literal("all", MERGE_LIMITS)]).default(3),
  affinity: z.literal("objdir", "must be objdir, the only affinity there is").optional(),
  workers: z.enum(["any", "fast"]).default("any"),
  idle: z.boolean().default(false),
  /** Into how many builders a suite of tests is split. */
  chunks: wholeNumber(1, 100).optional(),
  retry: Retry.default({ limit: 5, exitCodes: [] }),
});
export type InTreeBuilder = z.infer<typeof InTreeBuilder>;

/** `.selfserve.yml`: what is built and tested at a revision. */
export const InTreeConfig = z.strictObject({
  version: z.literal(1, "must be 1, the only version there is"),
  builders: z
    .array(InTreeBuilder)
    .min(1, "must have at least one builder")
    .max(MAX_BUILDERS, `must have at most ${MAX_BUILDERS} builders`),
});
export type InTreeConfig = z.infer<typeof InTreeConfig>;
