import type { Branch } from "../contracts/branch.ts";
import type { BranchModel } from "./generated/models.ts";
import { toTimestamp } from "./to-timestamp.ts";

/** The contract of a branch's row. */
export function toBranch(row: BranchModel & { repository: { name: string } }): Branch {
  return {
    id: Number(row.id),
    name: row.name,
    repository: row.repository.name,
    ref: row.ref,
    basePriority: row.basePriority,
    trustLevel: row.trustLevel,
    isTry: row.isTry,
    headRevision: row.headRevision,
    closedReason: row.closedAt === null ? null : (row.closedReason ?? "no reason was given"),
    closedAt: toTimestamp(row.closedAt),
  };
}
