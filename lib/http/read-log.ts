import type { LogPart, ReadLogInput } from "../contracts/run.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { requirePermission } from "../scheduler/permissions.ts";
import { server } from "../server.ts";

/** Part of a run's log, also while it grows. Throws `not_found`. */
export async function readLog(ctx: SchedulerContext, input: ReadLogInput & { runId: number }): Promise<LogPart> {
  requirePermission(ctx.actor, "read");
  const { runId, fromLine, limit, tail } = input;
  const row = await ctx.sql.maybe<{ bytes: number; lines: number; complete: boolean }>(
    "SELECT log_bytes AS bytes, log_lines AS lines, log_complete AS complete FROM runs WHERE id = $1",
    [runId],
  );
  if (!row) throw new SchedulerError("not_found", `There is no run ${runId}.`);
  const { logs } = server();
  const part = tail ? await logs.tail(runId, row, limit) : await logs.readLines(runId, row, fromLine, limit);
  return {
    runId,
    fromLine: part.from,
    lines: part.lines,
    nextLine: part.next,
    totalLines: row.lines,
    complete: row.complete,
  };
}
