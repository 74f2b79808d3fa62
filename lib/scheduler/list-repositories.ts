import type { Repository } from "../contracts/branch.ts";
import { BRANCH_PARTS, toBranch } from "../db/to-branch.ts";
import { toTimestamp } from "../db/to-timestamp.ts";
import type { SchedulerContext } from "./context.ts";
import { allowedControl, requirePermission } from "./permissions.ts";

/** All repositories of the configuration with their branches, by name. Passwords in addresses are left out. */
export async function listRepositories(ctx: SchedulerContext): Promise<Repository[]> {
  requirePermission(ctx.actor, "read");
  const rows = await ctx.prisma.repository.findMany({
    where: { removedAt: null },
    include: { branches: { where: { removedAt: null }, orderBy: { name: "asc" }, include: BRANCH_PARTS } },
    orderBy: { name: "asc" },
  });
  const mayControl = allowedControl(ctx.actor, "branch:control");
  return rows.map((row) => ({
    id: Number(row.id),
    name: row.name,
    vcs: "git",
    url: row.url.replace(/^([a-z+]+:\/\/)[^/]*@/i, "$1"),
    polledAt: toTimestamp(row.polledAt),
    pollError: row.pollError,
    branches: row.branches.map((branch) => toBranch(branch, mayControl)),
  }));
}
