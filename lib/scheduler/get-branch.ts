import type { Branch } from "../contracts/branch.ts";
import { toBranch } from "../db/to-branch.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";

/** One branch by its short name; also one that has left the configuration, because its history stays. Throws `not_found`. */
export async function getBranch(ctx: SchedulerContext, input: { name: string }): Promise<Branch> {
  requirePermission(ctx.actor, "read");
  const row = await ctx.prisma.branch.findUnique({
    where: { name: input.name },
    include: { repository: { select: { name: true } } },
  });
  if (!row) throw new SchedulerError("not_found", `There is no branch ${input.name}.`);
  return toBranch(row);
}
