import { z } from "zod";
import { ConfigName } from "./config-values.ts";
import { MergeWhen } from "./placement.ts";

/** Larger files are refused unread. */
export const SERVER_CONFIG_MAX_BYTES = 5 * 1024 * 1024;

const MAX_HEAD_START_MINUTES = 60 * 24 * 366;

const TrustLevel = z
  .int("must be a trust level: 1 (try), 2 or 3 (release)")
  .min(1, "must be a trust level: 1 (try), 2 or 3 (release)")
  .max(3, "must be a trust level: 1 (try), 2 or 3 (release)");

/** A branch's name as git knows it; what `git check-ref-format --branch` takes, without the prefix of the full ref. */
const Ref = z
  .string()
  .min(1, "must name a branch, such as main")
  .max(200, "must have at most 200 characters")
  .refine((ref) => !ref.startsWith("refs/"), "must be the branch's name without refs/heads/, such as main")
  .refine(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: git refuses them, too
    (ref) => !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\/\.|\.lock(?:\/|$)|^@$/.test(ref),
    "is no name that git takes for a branch; write it as git branch shows it, such as main or release/2.0",
  );

const SCHEMES = ["http:", "https:", "ssh:", "file:"];

/** Where a repository is: an absolute path, a file, http, https or ssh URL, or `user@host:path`. */
const RepositoryUrl = z
  .string()
  .min(1, "must say where the repository is, such as /srv/git/app.git or https://git.example.org/app.git")
  .max(1000, "must have at most 1,000 characters")
  .superRefine((url, ctx) => {
    const fault = faultOfUrl(url);
    if (fault) ctx.addIssue({ code: "custom", message: fault, input: url });
  });

const Branch = z.strictObject({
  ref: Ref,
  /** Unique in the deployment. */
  name: ConfigName,
  basePriority: z
    .int("must be a whole number from -100 to 100")
    .min(-100, "must be a whole number from -100 to 100")
    .max(100, "must be a whole number from -100 to 100")
    .default(0),
  trustLevel: TrustLevel.default(1),
  try: z.boolean().default(false),
  /** Whether the tip author's mail is enough to own a polled push; by default on a try branch only. */
  trustAuthors: z.boolean().optional(),
  /** Whether waiting jobs of several pushes may be served by one run; by default everywhere but on a try branch. */
  merge: z.boolean().optional(),
});

const Repository = z.strictObject({
  name: ConfigName,
  url: RepositoryUrl,
  /** Seconds between two looks at it. */
  poll: z
    .int("must be a whole number of seconds")
    .min(1, "must be at least 1 second")
    .max(86_400, "must be at most 86400 seconds, one day")
    .default(10),
  branches: z.array(Branch).min(1, "must have at least one branch").max(1000, "must have at most 1,000 branches"),
});

/** Where the registration token of a pool's workers is read: a file (relative to this one) or an environment variable. */
const TokenSource = z.strictObject({
  file: z.string().min(1, "must be the path of a file").max(1000, "must have at most 1,000 characters").optional(),
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable, such as LINUX_POOL_TOKEN")
    .optional(),
});

const wholeNumber = (min: number, max: number) => {
  const bounds = `must be a whole number from ${min} to ${max}`;
  return z.int(bounds).min(min, bounds).max(max, bounds);
};

const MAX_WORKERS = 100_000;

/** Fast workers that are kept free for some branches, such as those of releases. */
const Reserve = z.strictObject({
  workers: wholeNumber(1, MAX_WORKERS),
  branches: z
    .array(ConfigName)
    .min(1, "must name at least one branch, by its short name")
    .max(1000, "must name at most 1,000 branches"),
});

const Pool = z.strictObject({
  name: ConfigName,
  trustLevel: TrustLevel.default(1),
  /** How much waiting one point of rank is worth. */
  headStartMinutes: z
    .number()
    .positive("must be more than 0 minutes")
    .max(MAX_HEAD_START_MINUTES, "must be at most one year; say strict: true for rank first, then age")
    .optional(),
  /** Rank first, then age. */
  strict: z.boolean().default(false),
  /** When waiting jobs of one builder share a run. */
  merge: MergeWhen.default("backlog"),
  /** From this speed on a worker is a fast one. */
  fastSpeed: z
    .number()
    .positive("must be more than 0")
    .max(1000, "must be at most 1000, the highest speed of a worker")
    .optional(),
  reserve: Reserve.optional(),
  /** Jobs of idle builders start only while more workers than these are free. */
  idleAbove: wholeNumber(0, MAX_WORKERS).default(0),
  token: TokenSource.optional(),
});

const Groups = z
  .array(z.string().min(1, "must be the name of a group of the directory").max(200, "must have at most 200 characters"))
  .max(1000, "must have at most 1,000 groups")
  .default([]);

const Roles = z.strictObject({ developer: Groups, sheriff: Groups, admin: Groups });

/** `selfserve.yml`: what the deployment watches, where it builds, and who may do what. */
export const ServerConfig = z.strictObject({
  version: z.literal(1, "must be 1, the only version there is"),
  repositories: z.array(Repository).max(10_000, "must have at most 10,000 repositories").default([]),
  pools: z.array(Pool).max(10_000, "must have at most 10,000 pools").default([]),
  roles: Roles.default({ developer: [], sheriff: [], admin: [] }),
});
export type ServerConfig = z.infer<typeof ServerConfig>;

/** The configuration as it takes effect: defaults filled in, and of each token only its SHA-256. */
export interface CheckedServerConfig {
  repositories: {
    name: string;
    url: string;
    pollSeconds: number;
    branches: {
      ref: string;
      name: string;
      basePriority: number;
      trustLevel: number;
      isTry: boolean;
      trustAuthors: boolean;
      allowMerge: boolean;
    }[];
  }[];
  pools: {
    name: string;
    trustLevel: number;
    /** A strict pool goes by rank first, then by age. */
    headStartMinutes: number | "strict";
    tokenHash: string | null;
    mergeWhen: MergeWhen;
    /** Null: workers are not told apart by their speed. */
    fastSpeed: number | null;
    reserveWorkers: number;
    /** Short names, each once, in the order of the file. */
    reserveBranches: string[];
    idleAbove: number;
  }[];
  roles: ServerConfig["roles"];
}

function faultOfUrl(url: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(url)) return "must be one line without control characters";
  if (url.startsWith("/")) return null;
  const right = "must be an absolute path, a file://, http://, https:// or ssh:// URL, or user@host:path";
  if (/^[A-Za-z0-9_.+-]*:\/\//.test(url)) {
    if (!URL.canParse(url)) return right;
    const { protocol, password, hostname } = new URL(url);
    if (!SCHEMES.includes(protocol)) return right;
    if (password !== "") return "must not hold a password: anybody can see it; let git ask a credential helper instead";
    return hostname.startsWith("-") ? right : null;
  }
  return /^(?:[A-Za-z0-9_.][A-Za-z0-9_.-]*@)?[A-Za-z0-9[][A-Za-z0-9.:[\]-]*:(?!:)[^-].*$/.test(url) &&
    !url.includes("::")
    ? null
    : right;
}
