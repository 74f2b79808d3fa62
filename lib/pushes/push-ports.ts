import path from "node:path";
import { IN_TREE_CONFIG_FILE, IN_TREE_CONFIG_MAX_BYTES } from "../contracts/in-tree-config.ts";
import { type PushPorts, type SourceControl, SourceError } from "../scheduler/source-control.ts";
import { GitSource } from "./git-source.ts";
import { checkInTreeConfig } from "./in-tree-config.ts";

/** Where copies of repositories are kept, what git may inherit, and who can be asked about people. */
export interface PushPortOptions {
  /** The product's data folder; copies are in `sources/` in it. */
  dataDir: string;
  /** The environment of this process; git gets what it needs of it and no secret of ours. */
  inherited: Readonly<Record<string, string | undefined>>;
  resolvePusher?: NonNullable<PushPorts["resolvePusher"]>;
  /** Larger configurations are left to another process: reading one takes its time, in which nobody else is answered. */
  largestConfigBytes?: number;
}

/** What the verbs about pushes need, over real git. One per process. */
export function openPushPorts({ dataDir, inherited, resolvePusher, largestConfigBytes }: PushPortOptions): PushPorts {
  const source = new GitSource({ folder: path.join(dataDir, "sources"), inherited });
  const readConfiguration = configurationReader(source, largestConfigBytes ?? IN_TREE_CONFIG_MAX_BYTES);
  return { source, readConfiguration, ...(resolvePusher && { resolvePusher }) };
}

function configurationReader(source: SourceControl, largestBytes: number): PushPorts["readConfiguration"] {
  return async (repository, revision, facts) => {
    const file = await source.readFile(repository, revision, IN_TREE_CONFIG_FILE, IN_TREE_CONFIG_MAX_BYTES);
    if ("missing" in file) return { state: "missing" };
    if ("refused" in file) {
      const error = { file: IN_TREE_CONFIG_FILE, line: 1, column: 1, key: "", message: file.refused };
      return { state: "broken", errors: [error] };
    }
    if (file.bytes.length > largestBytes) {
      throw new SourceError(`${IN_TREE_CONFIG_FILE} has ${file.bytes.length} bytes, which takes a moment to read.`);
    }
    const checked = checkInTreeConfig(file.bytes, facts);
    return checked.ok
      ? { state: "sound", definitions: checked.definitions }
      : { state: "broken", errors: checked.errors };
  };
}
