import path from "node:path";
import type { FinishInput, Timing, Work } from "../contracts/work.ts";
import type { ArtifactCache } from "./artifact-cache.ts";
import { checkOut } from "./checkout.ts";
import { GitError } from "./git.ts";
import { fenceSeconds } from "./heartbeats.ts";
import { MissingRevision, type ObjectStores } from "./object-store.ts";
import type { AgentOptions } from "./options.ts";
import { readOutputs } from "./outputs.ts";
import { killFamily, newMark } from "./processes.ts";
import { Stopped, type Surroundings } from "./retry.ts";
import type { RunControl } from "./run-control.ts";
import { makeRunDirectory } from "./run-directory.ts";
import { RunLog } from "./run-log.ts";
import { type Outcome, outcomeOfOrder, RunEnded } from "./run-outcome.ts";
import type { RunReport } from "./run-report.ts";
import { PREPARE_INDEX, runSteps, type StepSurroundings, tellStep } from "./run-steps.ts";
import type { Session } from "./session.ts";
import { type RunPlaces, stepEnv } from "./step-env.ts";
import { readTimings } from "./timings.ts";
import { bringNeeds, type TransferSurroundings, uploadArtifacts } from "./transfer.ts";
import { Watchdog } from "./watchdog.ts";
import type { Wire } from "./wire.ts";

/** What the runs of one agent share. */
export interface RunDeps {
  options: AgentOptions;
  session: Session;
  wire: Wire;
  stores: ObjectStores;
  cache: ArtifactCache;
  surroundings: Surroundings;
  /** Where the directories of this boot's runs are. */
  runsDir: string;
  /** From TERM to KILL. */
  graceMs: number;
  maxPendingLogBytes?: number | undefined;
}

interface RunOptions {
  work: Work;
  control: RunControl;
  report: RunReport;
  /** How long ago the last confirmed heartbeat was sent. */
  leaseAgeSeconds: () => number;
  /** Gives the watchdog to whoever knows when the lease is confirmed. */
  onWatchdog: (watchdog: Watchdog) => void;
}

/** Executes a run from the fresh directory to the last byte of its log. Null: it was given away, so say nothing more. */
export async function executeRun(deps: RunDeps, run: RunOptions): Promise<FinishInput | null> {
  const log = new RunLog(run.report, deps.surroundings, deps.maxPendingLogBytes);
  let outputs: Record<string, string> = {};
  let timings: Timing[] = [];
  let outcome: Outcome;
  try {
    const places = await makeRunDirectory(deps.runsDir, run.work, deps.options.runAs);
    outcome = await withWatchdog(deps, run, places, log);
    outputs = await takeOutputs(places, log);
    timings = await takeTimings(places, log);
  } catch (error) {
    outcome = outcomeOfError(error, run.control);
    if (!(error instanceof RunEnded)) deps.surroundings.log(`Run ${run.work.runId} could not be executed`, error);
    log.say(outcome.reason ?? outcome.result);
  }
  if (run.control.reason !== null) outcome = outcomeOfOrder(run.control.reason);
  try {
    log.say(`run ${run.work.runId}: ${outcome.result}`);
    const summary = await log.finish();
    await run.report.stepsTold();
    const reason = outcome.reason === null ? {} : { reason: outcome.reason.slice(0, 1_000) };
    const ended = outcome.result === "success" || outcome.result === "failure"; // by itself: its times are those of the suite
    const measured = ended && timings.length > 0 ? { timings } : {};
    return { result: outcome.result, ...reason, outputs, log: summary, ...measured };
  } catch (error) {
    if (!(error instanceof Stopped)) deps.surroundings.log(`The log of run ${run.work.runId} cannot be sent`, error);
    return null;
  } finally {
    log.close();
  }
}

async function withWatchdog(deps: RunDeps, run: RunOptions, places: RunPlaces, log: RunLog): Promise<Outcome> {
  const { work } = run;
  const mark = newMark();
  const family = { mark, dir: places.dir, groups: new Set<number>() };
  const deadlineFile = work.exclusive ? path.join(deps.runsDir, `${work.runId}.deadline`) : null;
  const watchdog = await Watchdog.start(
    { mark, dir: places.dir, deadlineFile },
    fenceSeconds(work) - run.leaseAgeSeconds(),
  );
  run.onWatchdog(watchdog);
  try {
    const outputFd = await log.openOutput(path.join(places.dir, "output.pipe"), deps.options.runAs);
    const endsAtMs = performance.now() + work.timeoutSeconds * 1_000;
    const { wrapper, runAs: user } = deps.options;
    const { control, report } = run;
    const steps = {
      work,
      places,
      env: stepEnv(work, places, mark, deps.options.stepPath),
      family,
      outputFd,
      wrapper,
      user,
      graceMs: deps.graceMs,
      watchdog,
      log,
      report,
      control,
      endsAtMs,
    };
    return await inOrder(deps, steps);
  } finally {
    // Whatever the run left in the background ends with it.
    if (!(await killFamily(family))) deps.surroundings.log(`Processes of run ${work.runId} could not be killed`);
    await watchdog.release();
  }
}

async function inOrder(deps: RunDeps, run: StepSurroundings): Promise<Outcome> {
  const { work, places, user, log, report, control } = run;
  const { session, wire, cache, surroundings, stores, options } = deps;
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(run.endsAtMs - performance.now())));
  const signal = AbortSignal.any([control.end, limit]);
  const transfer = { work, places, session, wire, cache, user, log, report, surroundings, signal };
  log.say(`run ${work.runId} of ${work.builder} on ${options.name}, ${work.branch} at ${work.source.revision}`);
  const prepared = await tellStep(run, PREPARE_INDEX, "prepare", async () => {
    const outcome = await outcomeOf(run, limit, async () => {
      const { mark } = run.family;
      const env = stepEnv({ ...work, env: {} }, places, mark, options.stepPath);
      await checkOut(stores, work, { dir: places.checkout, env, mark, user, signal });
      await bringNeeds(transfer);
    });
    return { outcome, exitCode: null };
  });
  if (prepared !== null) return prepared;
  return (await runSteps(run)) ?? (await upload(run, transfer, limit)) ?? { result: "success", reason: null };
}

async function upload(
  run: StepSurroundings,
  transfer: TransferSurroundings,
  limit: AbortSignal,
): Promise<Outcome | null> {
  if (run.work.artifacts.length === 0) return null;
  await killFamily(run.family); // so that nothing changes while it is read
  return await tellStep(run, PREPARE_INDEX + 1 + run.work.steps.length, "upload artifacts", async () => ({
    outcome: await outcomeOf(run, limit, () => uploadArtifacts(transfer)),
    exitCode: null,
  }));
}

/** Null when the action succeeds. `limit` is the end of the job's time. */
async function outcomeOf(run: StepSurroundings, limit: AbortSignal, act: () => Promise<void>): Promise<Outcome | null> {
  try {
    await act();
    return null;
  } catch (error) {
    const { timeoutSeconds } = run.work;
    const late = limit.aborted && run.control.reason === null && !(error instanceof RunEnded);
    if (late) return { result: "failure", reason: `The job took longer than ${timeoutSeconds} s.` };
    return outcomeOfError(error, run.control);
  }
}

function outcomeOfError(error: unknown, control: RunControl): Outcome {
  if (control.reason !== null) return outcomeOfOrder(control.reason);
  if (error instanceof RunEnded) return error.outcome;
  if (error instanceof MissingRevision) return { result: "exception", reason: error.message };
  if (error instanceof GitError) return { result: "retry", reason: `The checkout failed: ${error.message}` };
  return { result: "retry", reason: `The worker failed: ${error instanceof Error ? error.message : error}` };
}

async function takeOutputs(places: RunPlaces, log: RunLog): Promise<Record<string, string>> {
  const { values, complaints } = await readOutputs(places.outputs);
  for (const complaint of complaints) log.say(complaint);
  return values;
}

async function takeTimings({ chunk }: RunPlaces, log: RunLog): Promise<Timing[]> {
  if (chunk === null) return [];
  const { values, complaints } = await readTimings(chunk.timings);
  for (const complaint of complaints) log.say(complaint);
  return values;
}
