import path from "node:path";
import type { Logger } from "pino";
import { ArtifactStore } from "../artifacts/artifact-store.ts";
import type { Env } from "../config/env.ts";
import { EventStream } from "../events/event-stream.ts";
import { openPushPorts } from "../pushes/push-ports.ts";
import { AuditHeads } from "./audit-heads.ts";
import { coreTasks } from "./core-tasks.ts";
import { type Doors, openDoors } from "./doors.ts";
import { ConfigFollower } from "./follow-config.ts";
import { lead } from "./lead.ts";
import { sourceTasks } from "./source-tasks.ts";
import { storeTasks } from "./store-tasks.ts";
import { runTasks } from "./task.ts";

/** What the timer is told by its main. */
export interface TimerOptions {
  env: Env;
  /** All variables of the process: git inherits some, and the configuration may name one that holds a token. */
  environment: Readonly<Record<string, string | undefined>>;
  log: Logger;
  abort: AbortSignal;
}

/** Runs until aborted: leads when no other timer does, waits for its turn when one does. Survives either store being away. */
export async function runTimer(options: TimerOptions): Promise<void> {
  const { env, log, abort } = options;
  const doors = openDoors(env, (error) => log.warn({ error: error.message }, "a connection broke"));
  try {
    await lead({
      sql: doors.sql,
      abort,
      report: (error) => log.warn({ error: String(error) }, "does not lead"),
      work: async (lost) => {
        log.info("leads");
        await work(options, doors, lost);
        log.info("no longer leads");
      },
    });
  } finally {
    await doors.close();
  }
}

async function work({ env, environment, log }: TimerOptions, doors: Doors, lost: AbortSignal): Promise<void> {
  const { ctx, signals } = doors;
  const auditHeads = new AuditHeads(path.join(env.DATA_DIR, "audit-heads.jsonl"));
  const config = new ConfigFollower({
    ctx,
    file: env.CONFIG_FILE,
    environment,
    rejected: (errors) => log.error({ file: env.CONFIG_FILE, errors }, "the configuration is broken and not in effect"),
    applied: (changes) => log.info({ changes }, "the configuration is in effect"),
  });
  const ports = openPushPorts({ dataDir: env.DATA_DIR, inherited: environment });
  const sources = sourceTasks({ ctx, ports, config });
  const stream = new EventStream(doors.redis);
  const stores = storeTasks({ sql: doors.sql, artifacts: new ArtifactStore(env.DATA_DIR) });
  const core = coreTasks({ ctx, stream, auditHeads, sweepSeconds: env.SWEEP_SECONDS });
  const tasks = [...core, ...sources.tasks, ...stores];
  const report = {
    failed: (task: string, error: unknown) => log.error({ task, err: error }, "a task fails; it is tried again"),
    recovered: (task: string) => log.info({ task }, "a task works again"),
  };
  await runTasks(tasks, signals, report, lost);
  await sources.idle();
}
