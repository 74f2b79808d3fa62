import type { Branch } from "../contracts/branch.ts";
import { BRANCH_PARTS, toBranch } from "../db/to-branch.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { allowedControl, requirePermission } from "./permissions.ts";

/** One branch by its short name; also one that has left the configuration, because its history stays. Throws `not_found`. */
export async function getBranch(ctx: SchedulerContext, input: { name: string }): Promise<Branch> {
  requirePermission(ctx.actor, "read");
  return readBranch(ctx, input.name);
}

/** The same for verbs that have asked for their own permission. */
export async function readBranch(ctx: SchedulerContext, name: string): Promise<Branch> {
  const row = await ctx.prisma.branch.findUnique({
    where: { name },
    include: BRANCH_PARTS,
  });
  if (!row) throw new SchedulerError("not_found", `There is no branch ${name}.`);
  return toBranch(row, allowedControl(ctx.actor, "branch:control"));
}
