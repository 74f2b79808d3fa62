import type { JobDetail } from "../contracts/job.ts";
import { readJob } from "../db/sql/read-job.ts";
import { readSharedRun } from "../db/sql/read-shared-run.ts";
import { toJobDetail } from "../db/to-job-detail.ts";
import { toSharedRun } from "../db/to-shared-run.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { failedNeedOf } from "./failed-need.ts";
import { allowedActions, requirePermission } from "./permissions.ts";
import { readAhead } from "./read-ahead.ts";

/** A job with what its page shows, and what the person who asks may do to it now. */
export async function getJob(ctx: SchedulerContext, input: { jobId: number }): Promise<JobDetail> {
  requirePermission(ctx.actor, "read");
  const row = await readJob(ctx.sql, input.jobId);
  if (!row) throw new SchedulerError("not_found", `There is no job ${input.jobId}.`);
  const [shared, ahead] = await Promise.all([
    readSharedRun(ctx.sql, row.id),
    row.state === "queued" ? readAhead(ctx, row) : null,
  ]);
  const subject = { ...row, shared: shared?.sharedNow ?? false, failedNeed: failedNeedOf(row.needs) };
  const actions = allowedActions(ctx.actor, subject);
  return toJobDetail(row, { ahead, actions, shared: shared ? toSharedRun(shared, row.revision) : null });
}
