import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import type { ConfigError } from "../contracts/push.ts";

/** A repository as version control reaches it; `id` is the product's own. */
export interface SourceRepository {
  id: number;
  url: string;
}

/** A commit as its author wrote it. Text is sound Unicode: bytes that are not UTF-8 have been replaced. */
export interface SourceCommit {
  revision: string;
  authorName: string;
  authorEmail: string;
  authoredAt: Date;
  message: string;
}

/** The commits of a range, newest first; `commits` holds the first of them, `count` says how many there are. */
export interface CommitRange {
  commits: SourceCommit[];
  count: number;
}

/** The files of a change; `paths` holds the first of them, `count` says how many there are. */
export interface ChangedFiles {
  paths: string[];
  count: number;
}

/** A file at a revision, or why there is none to read. */
export type SourceFile = { bytes: Uint8Array } | { missing: true } | { refused: string };

/**
 * What the product asks of a version control system. Every method may throw `SourceError`, whose message is fit for people.
 * All but `heads` and `fetch` answer from the product's own copy, about revisions that a fetch has brought.
 */
export interface SourceControl {
  /** The tips of these branches in the repository now; branches that it does not have are left out. */
  heads(repository: SourceRepository, refs: readonly string[], abort?: AbortSignal): Promise<Map<string, string>>;
  /** Brings the history of these branches and answers their tips as brought. */
  fetch(repository: SourceRepository, refs: readonly string[], abort?: AbortSignal): Promise<Map<string, string>>;
  /** Whether the copy has this revision; `bring` asks the repository for it when it has not. */
  has(repository: SourceRepository, revision: string, options?: { bring?: boolean }): Promise<boolean>;
  /** Whether `ancestor` is in the history of `revision`, or is it. Revisions that are not here are in nobody's history. */
  isAncestor(repository: SourceRepository, ancestor: string, revision: string): Promise<boolean>;
  /** The commits in the history of `tip` that are in the history of none of `without`; the tip alone when that would be none. */
  commits(repository: SourceRepository, tip: string, without: readonly string[], limit: number): Promise<CommitRange>;
  /** What changed from where `base` and `tip` parted up to `tip`; without a base, what the tip itself changed. */
  changedFiles(repository: SourceRepository, base: string | null, tip: string, limit: number): Promise<ChangedFiles>;
  /** A file at a revision; links, folders and files over `maxBytes` are refused with the reason. */
  readFile(repository: SourceRepository, revision: string, path: string, maxBytes: number): Promise<SourceFile>;
}

/** Version control could not do what was asked: the repository is away, or git failed. */
export class SourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SourceError";
  }
}

/** What a revision's configuration can name of the deployment. */
export interface BranchFacts {
  branch: string;
  trustLevel: number;
  pools: readonly { name: string; trustLevel: number }[];
}

/** The configuration at a revision: none, a broken one, or its builders. */
export type Configuration =
  | { state: "missing" }
  | { state: "broken"; errors: ConfigError[] }
  | { state: "sound"; definitions: BuilderDefinition[] };

/** What the verbs about pushes need of the world outside. */
export interface PushPorts {
  source: SourceControl;
  /** Reads and checks the configuration at a revision that the product's copy has. */
  readConfiguration(repository: SourceRepository, revision: string, facts: BranchFacts): Promise<Configuration>;
  /** The user with this login name, made from the directory when they have never been here; null when nobody has it. */
  resolvePusher?(login: string): Promise<number | null>;
}
