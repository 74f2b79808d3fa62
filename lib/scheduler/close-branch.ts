import type { Branch } from "../contracts/branch.ts";
import type { CloseBranchInput } from "../contracts/control.ts";
import { cleanText } from "../db/to-jsonb.ts";
import { changeClosing } from "./change-closing.ts";
import type { SchedulerContext } from "./context.ts";

/**
 * Closes a branch with a reason for those who wait: its pushes are recorded and scheduled, but once it answers none of its jobs starts; what
 * runs goes on. The same reason again changes nothing, another one replaces it. `not_found`.
 */
export function closeBranch(ctx: SchedulerContext, { branch, reason }: CloseBranchInput): Promise<Branch> {
  return changeClosing(ctx, branch, cleanText(reason));
}
