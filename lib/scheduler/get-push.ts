import { z } from "zod";
import { Commit, ConfigError, type PushDetail } from "../contracts/push.ts";
import { JOB_COLUMNS, JOB_TABLES, type JobListRow } from "../db/sql/select-jobs.ts";
import { type PushRow, SELECT_PUSH } from "../db/sql/select-pushes.ts";
import { toJob } from "../db/to-job.ts";
import { toPush } from "../db/to-push.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";

/** A push with its commits, files, faults of its configuration and all its jobs. Throws `not_found`. */
export async function getPush(ctx: SchedulerContext, input: { pushId: number }): Promise<PushDetail> {
  requirePermission(ctx.actor, "read");
  const [row, more, jobs] = await Promise.all([
    ctx.sql.maybe<PushRow>(`${SELECT_PUSH} WHERE p.id = $1`, [input.pushId]),
    ctx.prisma.push.findUnique({
      where: { id: input.pushId },
      select: { commits: true, files: true, fileCount: true, configErrors: true },
    }),
    ctx.sql.rows<JobListRow>(
      `SELECT ${JOB_COLUMNS} FROM ${JOB_TABLES} WHERE j.push_id = $1 ORDER BY bu.platform, bu.kind, bu.name, j.id`,
      [input.pushId],
    ),
  ]);
  if (!row || !more) throw new SchedulerError("not_found", `There is no push ${input.pushId}.`);
  return {
    ...toPush(row),
    commits: z.array(Commit).parse(more.commits),
    files: more.files,
    fileCount: more.fileCount,
    configErrors: z.array(ConfigError).parse(more.configErrors ?? []),
    jobs: jobs.map(toJob),
  };
}
