import type { Run } from "../contracts/run.ts";
import { toRun } from "../db/to-run.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";

/** One run with its jobs, steps, outputs, artifacts and what is known of its log. Throws `not_found`. */
export async function getRun(ctx: SchedulerContext, input: { runId: number }): Promise<Run> {
  requirePermission(ctx.actor, "read");
  const row = await ctx.prisma.run.findUnique({
    where: { id: input.runId },
    include: {
      worker: { select: { name: true } },
      pool: { select: { name: true } },
      members: { include: { job: { include: { builder: { select: { name: true } } } } }, orderBy: { jobId: "asc" } },
      steps: { orderBy: { index: "asc" } },
      outputs: { orderBy: { name: "asc" } },
      artifacts: { orderBy: { name: "asc" } },
    },
  });
  if (!row) throw new SchedulerError("not_found", `There is no run ${input.runId}.`);
  return toRun(row);
}
