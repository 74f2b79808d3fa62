import path from "node:path";
import type { Logger } from "pino";
import type { Env } from "../config/env.ts";
import { EventStream } from "../events/event-stream.ts";
import { AuditHeads } from "./audit-heads.ts";
import { coreTasks } from "./core-tasks.ts";
import { type Doors, openDoors } from "./doors.ts";
import { lead } from "./lead.ts";
import { runTasks } from "./task.ts";

/** Runs until aborted: leads when no other timer does, waits for its turn when one does. Survives either store being away. */
export async function runTimer(env: Env, log: Logger, abort: AbortSignal): Promise<void> {
  const doors = openDoors(env, (error) => log.warn({ error: error.message }, "a connection broke"));
  try {
    await lead({
      sql: doors.sql,
      abort,
      report: (error) => log.warn({ error: String(error) }, "does not lead"),
      work: async (lost) => {
        log.info("leads");
        await work(env, log, doors, lost);
        log.info("no longer leads");
      },
    });
  } finally {
    await doors.close();
  }
}

function work(env: Env, log: Logger, doors: Doors, lost: AbortSignal): Promise<void> {
  const { ctx, signals } = doors;
  const auditHeads = new AuditHeads(path.join(env.DATA_DIR, "audit-heads.jsonl"));
  const stream = new EventStream(doors.redis);
  const tasks = coreTasks({ ctx, stream, auditHeads, sweepSeconds: env.SWEEP_SECONDS });
  const report = {
    failed: (task: string, error: unknown) => log.error({ task, err: error }, "a task fails; it is tried again"),
    recovered: (task: string) => log.info({ task }, "a task works again"),
  };
  return runTasks(tasks, signals, report, lost);
}
