import type { Branch } from "../contracts/branch.ts";
import type { OpenBranchInput } from "../contracts/control.ts";
import { changeClosing } from "./change-closing.ts";
import type { SchedulerContext } from "./context.ts";

/** Opens a closed branch: its jobs start in the order that they always had. A branch that is open stays as it is. `not_found`. */
export function openBranch(ctx: SchedulerContext, { branch }: OpenBranchInput): Promise<Branch> {
  return changeClosing(ctx, branch, null);
}
