/** A job as its specification knows it. */
export interface JobModel {
  state: "blocked" | "queued" | "running" | "done";
  result: string | null;
  priority: number;
  run: number | null;
  everRan: boolean;
  /** Where it waited when it was cancelled. */
  waitedAs: "blocked" | "queued";
  /** What commands found, for their undo: `command:priority` pairs. */
  found: string;
}

/** What may happen to a job. Null: not in this state. */
export type JobStep = (job: JobModel) => JobModel | null;

/** A job as it is made. */
export function newJob(state: "blocked" | "queued", priority = 0): JobModel {
  return { state, result: null, priority, run: null, everRan: false, waitedAs: state, found: "" };
}

/** Tells two states apart. */
export function keyOfJob({ state, result, priority, run, everRan, waitedAs, found }: JobModel): string {
  return `${state} ${result} ${priority} ${run} ${everRan} ${waitedAs} ${found}`;
}

/** It starts in a run. */
export function start(run: number): JobStep {
  return (job) => (job.state === "queued" ? { ...job, state: "running", run, everRan: true } : null);
}

/** It waits again: its run was lost, gave up, or it was split off. */
export function requeue(run: number | null): JobStep {
  return (job) =>
    job.state === "running" && (run === null || job.run === run) ? { ...job, state: "queued", run: null } : null;
}

export const unblock: JobStep = (job) => (job.state === "blocked" ? { ...job, state: "queued" } : null);

export const skip: JobStep = (job) =>
  job.state === "blocked" ? { ...job, state: "done", result: "skipped", waitedAs: "blocked" } : null;

/** Its run ends. `left`: the run does not serve it any more, so that its end says nothing of the job. */
export function finish(run: number, result: string, left: boolean): JobStep {
  return (job) => {
    if (job.state === "running" && job.run === run) return { ...job, state: "done", result };
    if (job.state === "queued" && !left && result !== "cancelled")
      return { ...job, state: "done", result, everRan: true };
    return left || result === "cancelled" || job.result === "cancelled" ? job : null;
  };
}

/** It ended without a word of its worker. */
export function end(result: string): JobStep {
  return (job) => (job.state === "running" ? { ...job, state: "done", result } : null);
}

export const cancel: JobStep = (job) => {
  if (job.state === "done") return null;
  const waitedAs = job.state === "running" ? "queued" : job.state;
  return { ...job, state: "done", result: "cancelled", run: null, waitedAs };
};

/** What a command says that finds nothing to do. */
export const alreadyDone: JobStep = (job) => (job.state === "done" ? job : null);

export function reprioritize(priority: number, command: number | undefined): JobStep {
  return (job) => {
    if (job.state !== "queued" && job.state !== "blocked") return null;
    const found = command === undefined ? job.found : `${job.found}${command}:${job.priority},`;
    return { ...job, priority, found };
  };
}

export function hasPriority(priority: number): JobStep {
  return (job) => (job.priority === priority ? job : null);
}

export const isFixed: JobStep = (job) => (job.state === "running" || job.state === "done" ? job : null);

/** Back to its place, if it never ran: into the state that was told, because what it needs may have ended meanwhile. */
export function restore(to: "blocked" | "queued" | undefined): JobStep {
  return (job) =>
    job.state === "done" && (job.result === "cancelled" || job.result === "skipped") && !job.everRan
      ? { ...job, state: to ?? job.waitedAs, result: null }
      : null;
}

/** Back to the priority that the command found. */
export function undoPriority(command: number): JobStep {
  return (job) => {
    const found = new RegExp(`(?:^|,)${command}:(-?\\d+),`).exec(job.found)?.[1];
    return found === undefined || job.state === "running" || job.state === "done"
      ? null
      : { ...job, priority: Number(found) };
  };
}

/** What a read shows. */
export function shows(seen: { state: string; result: string | null; priority: number; runId: number | null }): JobStep {
  return (job) => {
    const same = job.state === seen.state && job.result === seen.result && job.priority === seen.priority;
    return same && (job.state !== "running" || job.run === seen.runId) ? job : null;
  };
}
