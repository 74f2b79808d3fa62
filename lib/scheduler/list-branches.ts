import type { Branch } from "../contracts/branch.ts";
import { toBranch } from "../db/to-branch.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";

/** All branches of the configuration, by name. */
export async function listBranches(ctx: SchedulerContext): Promise<Branch[]> {
  requirePermission(ctx.actor, "read");
  const rows = await ctx.prisma.branch.findMany({
    where: { removedAt: null },
    include: { repository: { select: { name: true } } },
    orderBy: { name: "asc" },
  });
  return rows.map(toBranch);
}
