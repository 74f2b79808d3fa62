import type { Event, EventType } from "@/lib/contracts/event.ts";
import type { JobDetail } from "@/lib/contracts/job.ts";
import type { Page } from "@/lib/contracts/page.ts";
import type { Push } from "@/lib/contracts/push.ts";
import type { LogPart, Run } from "@/lib/contracts/run.ts";
import { isFinal } from "./runs.ts";

interface Pages<Item> {
  pages: Page<Item>[];
}

/** What an event kind says about more than the rows it names. */
const MOVES_QUEUES = new Set<EventType>([
  "job.created",
  "job.queued",
  "job.started",
  "job.reprioritized",
  "job.cancelled",
  "job.done",
  "job.restored",
  "job.requeued",
  "run.lost",
  "run.readopted",
  "pool.changed",
  "branch.changed",
]);
const MOVES_WORKERS = new Set<EventType>(["worker.changed", "run.started", "run.done", "run.lost", "run.readopted"]);

/** Whether an event makes what the cache holds under a key (of keys.ts) out of date. `data` is what it holds now. */
export function isTouched(event: Event, key: readonly unknown[], data: unknown): boolean {
  const [kind, id] = key;
  if (event.type === "config.changed") return kind !== "log-chunk" && kind !== "log-size";
  switch (kind) {
    case "pushes":
      return touchesPushes(event, data as Pages<Push> | undefined);
    case "push":
    case "push-jobs":
      return event.pushId === id && !event.type.startsWith("run.");
    case "job":
      return touchesJob(event, id, data as JobDetail | undefined);
    case "command":
    case "command-items":
      return event.type === "command.changed" && (event.body.commandId === id || event.body.undoOf === id);
    case "explanation":
      return event.jobId === id || MOVES_QUEUES.has(event.type) || event.type === "worker.changed";
    case "run":
      return touchesRun(event, id, data as Run | undefined);
    case "repositories":
      return event.type === "push.received" || event.type === "branch.changed";
    case "pools":
      return MOVES_QUEUES.has(event.type) || MOVES_WORKERS.has(event.type);
    case "queue":
      return MOVES_QUEUES.has(event.type) || event.type === "worker.changed";
    case "workers":
      return MOVES_WORKERS.has(event.type) || event.type === "pool.changed";
    case "log-size":
      return event.runId === id && event.type === "run.done";
    case "log-chunk": // it grows by output hints; this is for a last one that was missed
      return event.runId === id && event.type === "run.done" && data !== undefined && !isFinal(data as LogPart);
    default:
      return false;
  }
}

function touchesPushes(event: Event, data: Pages<Push> | undefined): boolean {
  if (event.type === "push.received") return true;
  if (event.pushId === null || event.type.startsWith("run.")) return false;
  return data?.pages.some((page) => page.items.some((push) => push.id === event.pushId)) ?? true;
}

function touchesJob(event: Event, jobId: unknown, data: JobDetail | undefined): boolean {
  if (event.jobId === jobId) return true;
  if (data === undefined) return event.type !== "run.step";
  if (data.state === "queued" && MOVES_QUEUES.has(event.type)) return true; // its place in the queue
  if (event.runId !== null && data.runs.some((run) => run.id === event.runId)) return event.type !== "run.step";
  if (event.type === "job.created" && event.pushId === data.pushId) return true; // perhaps its retrigger
  const related = [...data.needs, ...data.neededBy, ...data.retriggers];
  return event.jobId !== null && related.some((job) => job.id === event.jobId);
}

function touchesRun(event: Event, runId: unknown, data: Run | undefined): boolean {
  if (event.runId === runId) return true;
  return event.jobId !== null && (data?.jobs.some((job) => job.id === event.jobId) ?? false);
}
