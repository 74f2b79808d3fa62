import type { EventRow } from "../dump.ts";
import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

type State = "blocked" | "queued" | "running" | "done";

/** What each event makes of a job, and from which states it may come. */
const MOVES: Record<string, { from: readonly State[]; to?: State }> = {
  "job.queued": { from: ["blocked"], to: "queued" },
  "job.started": { from: ["queued"], to: "running" },
  "job.requeued": { from: ["running"], to: "queued" },
  "job.split": { from: ["running"], to: "queued" },
  "job.done": { from: ["running"], to: "done" },
  "job.skipped": { from: ["blocked"], to: "done" },
  "job.cancelled": { from: ["blocked", "queued", "running"], to: "done" },
  "job.reprioritized": { from: ["blocked", "queued"] },
};

/**
 * I5, I23: each job's events are one legal life, in which `done` is left only by the undo of a cancel before the job ever ran; the row
 * is where that life ended. What a reader of the stream was told of an end stays true.
 */
export function terminal({ jobs, events, stream }: Facts): Finding {
  const findings = new Findings("I5", "an end is an end");
  const lives = Map.groupBy(
    events.filter((event) => event.job_id !== null && event.type.startsWith("job.")),
    (event) => event.job_id,
  );
  for (const job of jobs) {
    const life = live(lives.get(job.id) ?? []);
    findings.expect(life.faults.length === 0, () => `Job ${job.id}: ${life.faults.join(" ")}`);
    findings.expect(
      life.state === job.state,
      () => `Job ${job.id} is ${job.state}; its events end with ${life.state}.`,
    );
  }
  const shown = new Map(events.map((event) => [event.seq, event]));
  for (const line of stream) {
    if (line.saw !== "event") continue;
    const row = shown.get(line.seq);
    findings.expect(
      row?.type === line.type && row.job_id === line.jobId && row.run_id === line.runId,
      () =>
        `Event ${line.seq} was shown as ${line.type} of job ${line.jobId}; the table says ${row?.type} of ${row?.job_id}.`,
    );
  }
  return findings.done();
}

function live(events: readonly EventRow[]): { state: State | null; faults: string[] } {
  let state: State | null = null;
  let started = false;
  const faults: string[] = [];
  for (const { id, type, body } of events) {
    if (type === "job.created") {
      if (state !== null) faults.push(`event ${id} makes it a second time.`);
      state = (body.state as State | undefined) ?? "queued";
    } else if (type === "job.restored") {
      if (state !== "done" || started)
        faults.push(`event ${id} restores it although it ${started ? "has run" : `is ${state}`}.`);
      state = (body.state as State | undefined) ?? "queued";
    } else {
      const move = MOVES[type];
      if (!move) continue;
      if (state === null || !move.from.includes(state)) faults.push(`event ${id}, ${type}, comes when it is ${state}.`);
      if (type === "job.started") started = true;
      state = move.to ?? state;
    }
  }
  return { state, faults };
}
