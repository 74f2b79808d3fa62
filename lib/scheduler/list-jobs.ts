import type { Job, ListJobsInput } from "../contracts/job.ts";
import type { Page } from "../contracts/page.ts";
import { listJobRows } from "../db/sql/list-jobs.ts";
import { toJob } from "../db/to-job.ts";
import type { SchedulerContext } from "./context.ts";
import { fromCursor, pageFrom } from "./cursor.ts";
import { ownLogin } from "./own-login.ts";
import { requirePermission } from "./permissions.ts";

/** Jobs that meet all the filters given, newest first. `owner: "me"` is the person who asks. */
export async function listJobs(ctx: SchedulerContext, input: ListJobsInput): Promise<Page<Job>> {
  requirePermission(ctx.actor, "read");
  const [before = null] = fromCursor(input.cursor, 1) ?? [];
  const rows = await listJobRows(ctx.sql, {
    ...input,
    owner: ownLogin(ctx.actor, input.owner),
    before,
    limit: input.limit + 1,
  });
  return pageFrom(rows.map(toJob), input.limit);
}
