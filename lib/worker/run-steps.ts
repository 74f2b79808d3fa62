import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { StepDefinition, Work } from "../contracts/work.ts";
import { runCommand } from "./command.ts";
import type { RunAs } from "./options.ts";
import { forgetEmptyGroups, type RunFamily } from "./processes.ts";
import type { RunControl } from "./run-control.ts";
import type { RunLog } from "./run-log.ts";
import { type Outcome, outcomeOfOrder, outcomeOfStep } from "./run-outcome.ts";
import type { RunReport } from "./run-report.ts";
import type { RunPlaces } from "./step-env.ts";
import type { Watchdog } from "./watchdog.ts";

/** What the steps of a run share. */
export interface StepSurroundings {
  work: Work;
  places: RunPlaces;
  env: Readonly<Record<string, string>>;
  family: RunFamily;
  outputFd: number;
  wrapper: readonly string[];
  user: RunAs | null;
  graceMs: number;
  watchdog: Watchdog;
  log: RunLog;
  report: RunReport;
  control: RunControl;
  /** By the monotonic clock; the job's own time is over then. */
  endsAtMs: number;
}

/** Index of the part before the job's own steps: checkout and needed artifacts. */
export const PREPARE_INDEX = 0;

/** Runs the steps in order until one does not succeed. Null: all did. */
export async function runSteps(run: StepSurroundings): Promise<Outcome | null> {
  for (const [index, step] of run.work.steps.entries()) {
    const outcome = await tellStep(run, PREPARE_INDEX + 1 + index, step.name, () => runStep(run, index, step));
    if (outcome !== null) return outcome;
  }
  return null;
}

interface StepEnd {
  outcome: Outcome | null;
  exitCode: number | null;
}

/** Frames a part of the run: its header and result in the log, and the same told to the server. */
export async function tellStep(
  run: Pick<StepSurroundings, "log" | "report" | "control">,
  index: number,
  name: string,
  execute: () => Promise<StepEnd>,
): Promise<Outcome | null> {
  const startedAt = performance.now();
  const step = { index, name: name.slice(0, 200) };
  run.report.reportStep({ ...step, firstLine: run.log.nextLine });
  run.log.say(`step ${index}: ${name}`);
  const { outcome, exitCode } = await execute();
  await run.log.settle();
  const elapsedMs = Math.round(performance.now() - startedAt);
  const result = outcome?.result ?? "success";
  run.log.say(
    `step ${index}: ${result} after ${(elapsedMs / 1_000).toFixed(1)} s${outcome?.reason ? `. ${outcome.reason}` : ""}`,
  );
  run.report.reportStep({ ...step, result, exitCode, elapsedMs });
  return outcome;
}

async function runStep(run: StepSurroundings, index: number, step: StepDefinition): Promise<StepEnd> {
  const script = path.join(run.places.dir, `step-${index + 1}.sh`);
  await writeFile(script, `${step.run}\n`, { mode: 0o644 });
  const leftMs = run.endsAtMs - performance.now();
  const stepMs = step.timeoutSeconds * 1_000;
  const wrapper = run.wrapper.map((word) => word.replaceAll("{dir}", run.places.dir));
  const [first = "/bin/sh", ...rest] = [...wrapper, "/bin/sh", "-e", script];
  const end = await runCommand([first, ...rest], {
    cwd: run.places.checkout,
    env: run.env,
    user: run.user,
    outputFd: run.outputFd,
    timeoutMs: Math.min(stepMs, leftMs),
    graceMs: run.graceMs,
    control: run.control,
    family: run.family,
    onStart: (group) => run.watchdog.watch(group),
  });
  for (const group of forgetEmptyGroups(run.family)) run.watchdog.forget(group);
  if (run.control.reason !== null) return { outcome: outcomeOfOrder(run.control.reason), exitCode: end.exitCode };
  const timedOut =
    stepMs <= leftMs
      ? `it took longer than ${step.timeoutSeconds} s`
      : `the job took longer than ${run.work.timeoutSeconds} s`;
  return { outcome: outcomeOfStep(step.name, end, timedOut), exitCode: end.exitCode };
}
