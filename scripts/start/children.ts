import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Child } from "./child.ts";
import { workerEnv } from "./environment.ts";
import { logsOf, recordsOf } from "./folders.ts";
import type { Environment, ProductOptions } from "./product-options.ts";
import { workerArgs } from "./workers.ts";

/** What ends the things that were started; the last started is ended first. */
export type Undo = {
  /** Ends it in an orderly way. */
  end(): Promise<unknown>;
  /** Ends it at once, also while `end` waits for it. */
  hurry?(): Promise<unknown>;
}[];

/** The product's processes. */
export interface Children {
  web: Child;
  timer: Child;
  workers: Child[];
}

const READY_SECONDS = 60;

/** Starts web, timer and workers; what ends them is added to `undo`. */
export function startChildren(options: ProductOptions, env: Environment, undo: Undo): Children {
  const { root, dataFolder, progress } = options;
  const make = (name: string, script: string, childEnv: Environment, args: string[], graceSeconds: number) => {
    const child = new Child({
      name,
      script: path.join(root, script),
      args,
      env: { NODE_ENV: options.mode, ...childEnv },
      cwd: root,
      logsFolder: logsOf(dataFolder),
      recordsFolder: recordsOf(dataFolder),
      graceSeconds,
      onUnexpectedExit: progress.say,
    });
    child.start();
    return child;
  };
  const web = make("web", "lib/web/main.ts", env, [], 10);
  undo.push({ end: () => web.stop(), hurry: () => web.stop(0) });
  const timer = make("timer", "lib/timer/main.ts", env, [], 10);
  undo.push({ end: () => timer.stop(), hurry: () => timer.stop(0) });
  const args = options.workers > 0 ? workerArgs(options, env) : undefined;
  const names = args ? Array.from({ length: options.workers }, (_, index) => `worker-${index + 1}`) : [];
  const workers = names.map((name) => make(name, "lib/worker/main.ts", workerEnv(env), args?.(name) ?? [], 20));
  // Workers leave first, together, while there is still somebody to give their runs back to.
  const stopWorkers = (graceSeconds?: number) => Promise.all(workers.map((worker) => worker.stop(graceSeconds)));
  undo.push({ end: () => stopWorkers(), hurry: () => stopWorkers(0) });
  return { web, timer, workers };
}

/** Resolves when the pages answer. Throws an Error with the end of its log when the web process dies before, and when asked to stop. */
export async function untilAnswering(url: string, web: Child, stopRequest?: AbortSignal): Promise<void> {
  const pid = web.pid;
  for (let tries = 0; tries < READY_SECONDS * 10; tries++) {
    stopRequest?.throwIfAborted();
    try {
      const answer = await fetch(`${url}/login`, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
      await answer.body?.cancel();
      if (answer.status < 500) return;
    } catch {
      // not listening yet
    }
    if (web.pid !== pid) break; // it died, and was started again
    await wait(100);
  }
  throw new Error(
    `The web server did not start. The end of ${web.logFile} says:\n${existsSync(web.logFile) ? web.lastLines() : ""}`,
  );
}
