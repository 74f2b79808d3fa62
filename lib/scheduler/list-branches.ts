import type { Branch } from "../contracts/branch.ts";
import { BRANCH_PARTS, toBranch } from "../db/to-branch.ts";
import type { SchedulerContext } from "./context.ts";
import { allowedControl, requirePermission } from "./permissions.ts";

/** All branches of the configuration, by name. */
export async function listBranches(ctx: SchedulerContext): Promise<Branch[]> {
  requirePermission(ctx.actor, "read");
  const rows = await ctx.prisma.branch.findMany({
    where: { removedAt: null },
    include: BRANCH_PARTS,
    orderBy: { name: "asc" },
  });
  const mayControl = allowedControl(ctx.actor, "branch:control");
  return rows.map((row) => toBranch(row, mayControl));
}
