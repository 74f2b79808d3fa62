import { cancelJobsAction, reprioritizeJobsAction, retriggerJobsAction } from "@/app/_actions/jobs.ts";
import type { Command, CommandItem } from "@/lib/contracts/command.ts";
import type { Problem } from "@/lib/contracts/problem.ts";
import type { JobRequest } from "./outcome.ts";

type Answer = { ok: true; data: Command } | { ok: false; problem: Problem };

/** Asks the server and tells the outcome of every job; a refusal of the whole is a refusal of each. Never throws. */
export async function performRequest(request: JobRequest): Promise<CommandItem[]> {
  try {
    if (request.kind === "cancel") return itemsOf(await cancelJobsAction({ jobIds: request.jobIds }), request.jobIds);
    if (request.kind === "reprioritize") {
      const { jobIds, priority } = request;
      return itemsOf(await reprioritizeJobsAction({ jobIds, priority }), jobIds);
    }
    const { jobIds, count } = request;
    return itemsOf(await retriggerJobsAction({ jobIds, count }), jobIds);
  } catch {
    const message = "The server could not be reached, so it is not known whether this was done. Look, then try again.";
    return request.jobIds.map((jobId) => refused(jobId, "unavailable", message));
  }
}

function itemsOf(answer: Answer, jobIds: readonly number[]): CommandItem[] {
  if (answer.ok) return answer.data.items;
  return jobIds.map((jobId) => refused(jobId, answer.problem.code, answer.problem.detail));
}

function refused(jobId: number, code: Problem["code"], message: string): CommandItem {
  return { jobId, outcome: "refused", code, message, created: [] };
}
