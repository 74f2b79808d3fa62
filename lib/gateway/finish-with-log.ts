import type { FinishReply } from "../contracts/work.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { type FinishRunInput, finishRun } from "../scheduler/finish-run.ts";
import type { GatewayDoors } from "./doors.ts";
import { LogConflict } from "./log-conflict.ts";

interface LogRow {
  workerId: number;
  done: boolean;
  chunks: number;
  bytes: number;
  lines: number;
}

/** Ends a run once its whole log is here; before that, a `LogConflict` says what is missing. */
export async function finishWithLog(
  doors: GatewayDoors,
  ctx: SchedulerContext,
  input: FinishRunInput,
): Promise<FinishReply> {
  const row = await readLogRow(doors, input.runId);
  // Whose run it is, and what a repeat is answered, is the verb's to say.
  const mine = row !== undefined && ctx.actor.kind === "worker" && row.workerId === ctx.actor.workerId;
  if (mine && !row.done) await requireWholeLog(doors, row, input);
  const reply = await finishRun(ctx, input);
  doors.logs.forget(input.runId);
  if (row) {
    doors.events.outputs.send({ runId: input.runId, lines: row.lines, bytes: row.bytes, complete: true });
  }
  return reply;
}

function readLogRow({ sql }: GatewayDoors, runId: number): Promise<LogRow | undefined> {
  return sql.maybe<LogRow>(
    {
      name: "read-log-row",
      text: `
        SELECT worker_id AS "workerId", state = 'done' AS done,
               log_chunks AS chunks, log_bytes AS bytes, log_lines AS lines
        FROM runs WHERE id = $1`,
    },
    [runId],
  );
}

async function requireWholeLog({ logs }: GatewayDoors, row: LogRow, { runId, log }: FinishRunInput): Promise<void> {
  const expected = { nextNumber: row.chunks, nextOffset: row.bytes };
  if (row.chunks !== log.chunks || row.bytes !== log.bytes) {
    throw new LogConflict(
      `The log of run ${runId} has ${log.chunks} chunks and ${log.bytes} bytes, but ${row.chunks} chunks and ${row.bytes} bytes are here. Send the rest first.`,
      expected,
    );
  }
  const found = await logs.digest(runId, row.bytes);
  if (found === log.sha256) return;
  throw new LogConflict(`The log of run ${runId} has the SHA-256 ${found} here, not ${log.sha256}.`, expected);
}
