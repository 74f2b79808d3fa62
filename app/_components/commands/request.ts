import { cancelJobsAction, reprioritizeJobsAction, retriggerJobsAction } from "@/app/_actions/jobs.ts";
import type { Command, CommandItem } from "@/lib/contracts/command.ts";
import type { Problem } from "@/lib/contracts/problem.ts";
import type { JobRequest } from "./outcome.ts";

type Answer = { ok: true; data: Command } | { ok: false; problem: Problem };

/** A request with its answer: the command, unless the whole was refused, and what became of each job so far. */
export interface Performed {
  command: Command | null;
  items: CommandItem[];
}

/** What the server is asked: of the page's own fields only those that it takes. */
export function toInput(request: JobRequest) {
  const { kind } = request;
  const targets = request.filter ? { filter: request.filter } : { jobIds: request.jobIds };
  if (kind === "cancel") return { kind, ...targets, ...(request.reason && { reason: request.reason }) };
  if (kind === "retrigger") return { kind, ...targets, count: request.count, dependents: request.dependents ?? false };
  return { kind, ...targets, priority: request.priority, ...(request.boost && { boost: request.boost }) };
}

/** The same without what is only said about it, so that a preview is not asked for at every letter. */
export function toQuestion(request: JobRequest) {
  if (request.kind === "cancel") return toInput({ ...request, reason: "" });
  if (request.kind !== "reprioritize") return toInput(request);
  const { boost: _boost, ...plain } = request;
  return toInput(plain);
}

/** Asks the server and tells the outcome of every job; a refusal of the whole is a refusal of each. Never throws. */
export async function performRequest(request: JobRequest): Promise<Performed> {
  try {
    const answer = await ask(request);
    if (answer.ok) return { command: answer.data, items: answer.data.items };
    return { command: null, items: refuseAll(request, answer.problem.code, answer.problem.detail) };
  } catch {
    const message = "The server could not be reached, so it is not known whether this was done. Look, then try again.";
    return { command: null, items: refuseAll(request, "unavailable", message) };
  }
}

function ask(request: JobRequest): Promise<Answer> {
  const input = toInput(request);
  if (input.kind === "cancel") return cancelJobsAction(without(input));
  if (input.kind === "retrigger") return retriggerJobsAction(without(input));
  return reprioritizeJobsAction(without(input));
}

function without<Input extends { kind: string }>({ kind: _kind, ...rest }: Input): Omit<Input, "kind"> {
  return rest;
}

function refuseAll(request: JobRequest, code: Problem["code"], message: string): CommandItem[] {
  return request.jobIds.map((jobId) => ({ jobId, outcome: "refused", code, message, created: [] }));
}
