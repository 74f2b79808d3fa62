import type { CommandItem } from "@/lib/contracts/command.ts";
import type { Boost, JobFilter } from "@/lib/contracts/job.ts";

/** What it is for: these jobs, or all that match a filter, of which `jobIds` are those on the page. */
interface Targets {
  jobIds: number[];
  filter?: JobFilter | undefined;
}

/** What a person asks for, for one or more jobs. */
export type JobRequest = Targets &
  (
    | { kind: "cancel"; reason?: string }
    | { kind: "retrigger"; count: number; dependents?: boolean }
    | { kind: "reprioritize"; priority: number; boost?: Boost }
  );

/** What became of one job, in one sentence. */
export function outcomeSentence(request: JobRequest, item: CommandItem): string {
  if (item.message !== null) return item.message;
  if (item.outcome === "refused") return "This was refused without a reason.";
  if (request.kind === "cancel") return item.outcome === "done" ? "Cancelled." : "It was cancelled already.";
  if (request.kind === "reprioritize")
    return `Its priority is ${item.outcome === "done" ? "now" : "already"} ${request.priority}.`;
  return item.created.length === 1 ? "Retriggered once:" : `Retriggered ${item.created.length} times:`;
}

/** A priority moved by some points, within −100 and 100. */
export function movedPriority(priority: number, by: number): number {
  return Math.max(-100, Math.min(100, priority + by));
}
