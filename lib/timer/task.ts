import type { Signals } from "../scheduler/context.ts";

/** Work that the leader repeats. */
export interface Task {
  /** As it appears in the log. */
  name: string;
  everyMs: number;
  /** Signals that make it run at once. */
  topics: readonly string[];
  /** One round; ends soon when `abort` fires. */
  run: (abort: AbortSignal) => Promise<void>;
}

/** Hears that a task fails, once until it succeeds again. */
export interface TaskReport {
  failed: (task: string, error: unknown) => void;
  recovered: (task: string) => void;
}

/** Repeats every task until `abort` fires, each on its own: one that throws or takes long holds up no other. */
export async function runTasks(
  tasks: readonly Task[],
  signals: Signals,
  report: TaskReport,
  abort: AbortSignal,
): Promise<void> {
  await Promise.all(tasks.map((task) => repeat(task, signals, report, abort)));
}

async function repeat(task: Task, signals: Signals, report: TaskReport, abort: AbortSignal): Promise<void> {
  let failing = false;
  while (!abort.aborted) {
    // listening begins before the work, so that what happens meanwhile is not slept over
    const woken = signals.next(task.topics, task.everyMs, abort);
    try {
      await task.run(abort);
      if (failing) report.recovered(task.name);
      failing = false;
    } catch (error) {
      if (!failing && !abort.aborted) report.failed(task.name, error);
      failing = true;
    }
    await (failing ? signals.next([], Math.min(task.everyMs, 1000), abort) : woken);
  }
}
