import type { Command, CommandItem } from "../contracts/command.ts";
import type { Allowed } from "../contracts/job.ts";
import { SchedulerError } from "./errors.ts";

/** An outcome without anything to explain. */
export function doneItem(jobId: number, created: number[] = []): CommandItem {
  return { jobId, outcome: "done", code: null, message: null, created };
}

/** The job already is as it was asked to be. */
export function unchangedItem(jobId: number, message: string): CommandItem {
  return { jobId, outcome: "unchanged", code: null, message, created: [] };
}

/** It may not be done, for the reason that the rules give. */
export function refusedItem(jobId: number, refusal: Extract<Allowed, { allowed: false }>): CommandItem {
  return { jobId, outcome: "refused", code: refusal.code, message: refusal.reason, created: [] };
}

/** For requests that name one job: the command when that job was not refused; otherwise the refusal, as an error. It stays recorded. */
export function acceptedOrThrow(command: Command): Command {
  const [item, ...others] = command.items;
  if (others.length > 0 || item?.outcome !== "refused" || item.code === null) return command;
  throw new SchedulerError(item.code, item.message ?? "This was refused.");
}
