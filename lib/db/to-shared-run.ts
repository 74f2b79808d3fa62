import type { SharedRun } from "../contracts/merging.ts";
import type { SharedRunRow } from "./sql/read-shared-run.ts";

/** A shared run as the page of one of its members, which is at `revision`, shows it. */
export function toSharedRun({ sharedNow: _, startedAt, ...row }: SharedRunRow, revision: string): SharedRun {
  return { ...row, startedAt: startedAt.toISOString(), newerRevision: row.revision !== revision };
}
