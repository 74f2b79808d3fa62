import type { Branch } from "../contracts/branch.ts";
import type { Allowed } from "../contracts/job.ts";
import type { BranchModel, UserModel } from "./generated/models.ts";
import { toTimestamp } from "./to-timestamp.ts";
import { toUserRef } from "./to-user-ref.ts";

/** A branch with what names its repository and who closed it. */
type BranchRow = BranchModel & {
  repository: { name: string };
  closedBy: Pick<UserModel, "id" | "login" | "name"> | null;
};

/** What a query of branches includes. */
export const BRANCH_PARTS = {
  repository: { select: { name: true } },
  closedBy: { select: { id: true, login: true, name: true } },
} as const;

/** The contract of a branch's row; `mayControl` is about whoever asks. */
export function toBranch(row: BranchRow, mayControl: Allowed): Branch {
  const { closedBy } = row;
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
    closedBy: closedBy && toUserRef(Number(closedBy.id), closedBy.login, closedBy.name),
    mayControl,
  };
}
