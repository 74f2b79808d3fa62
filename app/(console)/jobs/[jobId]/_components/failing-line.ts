import type { Run } from "@/lib/contracts/run.ts";

/** The last line of the first step that failed, where its error usually stands; null when none failed. */
export function failingLine(run: Pick<Run, "steps" | "log">): number | null {
  const steps = run.steps.toSorted((a, b) => a.index - b.index);
  const at = steps.findIndex((step) => step.result === "failure" || step.result === "exception");
  if (at === -1) return null;
  const next = steps.slice(at + 1).find((step) => step.firstLine !== null);
  const last = next?.firstLine != null ? next.firstLine - 1 : run.log.lines;
  return last > 0 ? last : null;
}
