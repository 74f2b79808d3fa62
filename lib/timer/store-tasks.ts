import type { ArtifactStore } from "../artifacts/artifact-store.ts";
import type { Sql } from "../db/sql.ts";
import type { Task } from "./task.ts";

/** A file that no row knows may be of an upload whose row is still to come; after a day it is not. */
const ORPHAN_MS = 24 * 3_600_000;

/** What the leader does for the stores beside the databases. */
export function storeTasks({ sql, artifacts }: { sql: Sql; artifacts: ArtifactStore }): Task[] {
  const removeOrphans = async () => {
    await artifacts.removeOrphans((digests) => knownDigests(sql, digests), ORPHAN_MS);
  };
  return [{ name: "orphaned artifacts", everyMs: 3_600_000, topics: [], run: removeOrphans }];
}

async function knownDigests(sql: Sql, digests: readonly string[]): Promise<ReadonlySet<string>> {
  const text = "SELECT DISTINCT sha256 FROM artifacts WHERE sha256 = ANY ($1::text[])";
  return new Set((await sql.rows<{ sha256: string }>(text, [digests])).map((row) => row.sha256));
}
