import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import type { ConfigError } from "../contracts/push.ts";
import type { SourceControl, SourceRepository } from "./source-control.ts";

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
