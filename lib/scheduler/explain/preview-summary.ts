import type { CommandPreview } from "../../contracts/command.ts";
import { counted, lasting } from "./words.ts";

type Facts = Omit<CommandPreview, "summary">;

/** What a command would do, in one sentence. `made`: the jobs that a retrigger makes. */
export function previewSummary(preview: Facts, made: number): string {
  const { counts } = preview;
  const parts = [mainClause(preview, made), ...consequences(preview)];
  if (counts.unchanged > 0) parts.push(`${counts.unchanged} ${counts.unchanged === 1 ? "is" : "are"} so already`);
  if (counts.refused > 0) parts.push(`${counts.refused} would be refused`);
  return `${parts.join("; ")}.`;
}

/** The reasons of refusals without the number of the job that each is about, the commonest first, at most five. */
export function commonReasons(reasons: readonly string[]): CommandPreview["refusals"] {
  const general = reasons.map((reason) => reason.replace(/^Job \d+/, "The job").replaceAll(/\bjob \d+/g, "the job"));
  return [...Map.groupBy(general, (reason) => reason)]
    .map(([reason, same]) => ({ reason, jobs: same.length }))
    .toSorted((a, b) => b.jobs - a.jobs || (a.reason < b.reason ? -1 : 1))
    .slice(0, 5);
}

function mainClause({ kind, counts }: Facts, made: number): string {
  if (counts.done === 0) return "This would change nothing";
  const jobs = counted(counts.done, "job");
  if (kind === "cancel") return `This would cancel ${jobs}`;
  if (kind === "retrigger") return `This would run ${jobs} again, as ${counted(made, "new job")}`;
  return `This would move ${jobs} in the queue`;
}

function consequences({ machineMinutes, unknownDurations, runsStopped, alsoSkipped, others }: Facts): string[] {
  const parts: string[] = [];
  if (runsStopped > 0) parts.push(`${counted(runsStopped, "run")} would be stopped`);
  if (alsoSkipped > 0)
    parts.push(`${counted(alsoSkipped, "job")} that ${alsoSkipped === 1 ? "needs" : "need"} them would be skipped`);
  const minutes = Math.round(Math.abs(machineMinutes));
  if (minutes > 0)
    parts.push(`about ${counted(minutes, "machine minute")} would be ${machineMinutes < 0 ? "freed" : "added"}`);
  if (unknownDurations > 0) parts.push(`how long ${counted(unknownDurations, "job")} would take is not known`);
  for (const later of [true, false]) {
    const moved = others.filter(({ meanSeconds }) => meanSeconds > 0 === later);
    if (moved.length === 0) continue;
    const jobs = moved.reduce((sum, other) => sum + other.jobs, 0);
    const most = Math.max(...moved.map(({ maxSeconds }) => Math.abs(maxSeconds)));
    parts.push(
      `${counted(jobs, "other job")} would start up to ${lasting(most * 1_000)} ${later ? "later" : "sooner"}`,
    );
  }
  return parts;
}
