import type { Result } from "../contracts/job.ts";
import type { CommandEnd } from "./command.ts";
import type { EndReason } from "./run-control.ts";

/** How a run, or a part of it, ended. */
export interface Outcome {
  result: Result;
  reason: string | null;
}

/** The run cannot go on; the outcome says why. */
export class RunEnded extends Error {
  readonly outcome: Outcome;

  constructor(result: Result, reason: string) {
    super(reason);
    this.outcome = { result, reason };
  }
}

/** The outcome of a run that was told to end. */
export function outcomeOfOrder(reason: EndReason): Outcome {
  switch (reason) {
    case "cancel":
      return { result: "cancelled", reason: null };
    case "shutdown":
      return { result: "retry", reason: "The worker is shutting down." };
    case "lease":
      return {
        result: "exception",
        reason: "The worker lost contact with the server, and this builder is exclusive: it may not run unwatched.",
      };
    case "stop":
      return { result: "retry", reason: "The run was given away." };
  }
}

/** The outcome of a step by how its command ended; null when it succeeded. */
export function outcomeOfStep(name: string, end: CommandEnd, timedOut: string): Outcome | null {
  if (end.failure !== null)
    return { result: "exception", reason: `Step “${name}” could not be started: ${end.failure}.` };
  if (end.timedOut) return { result: "failure", reason: `Step “${name}” was ended: ${timedOut}.` };
  if (end.signal !== null) return { result: "failure", reason: `Step “${name}” was ended by signal ${end.signal}.` };
  if (end.exitCode !== 0) return { result: "failure", reason: `Step “${name}” ended with exit code ${end.exitCode}.` };
  return null;
}
