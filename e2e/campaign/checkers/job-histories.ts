import type { Operation } from "../driver/history.ts";
import type { EventRow } from "../dump.ts";
import { type Facts, monotonic } from "../facts.ts";
import * as model from "./job-model.ts";
import type { TimedOperation } from "./linearizable.ts";

type JobOperation = TimedOperation<model.JobModel> & { isRead?: boolean };

/** What was done to each job: by the driver and the workers, by their clocks; and what the product did by itself, by its events. */
export interface JobHistory {
  jobId: number;
  initial: model.JobModel;
  operations: JobOperation[];
}

/** An event is written before its transaction is committed, which takes at most as long as a transaction may. */
const COMMIT_MS = 12_000;
const BEFORE_MS = 50;

/** The history of every job that can be told without knowing what retriggers were undone. */
export function jobHistories(facts: Facts): JobHistory[] {
  const sources = sourcesOf(facts);
  const made = Map.groupBy(
    facts.events.filter((event) => event.type === "job.created"),
    (event) => event.job_id,
  );
  return facts.jobs.flatMap((job) => {
    const created = made.get(job.id)?.[0];
    if (!created || sources.unmade.has(job.id)) return [];
    const initial = model.newJob(created.body.state === "blocked" ? "blocked" : "queued");
    const operations = [
      ...(sources.asked.get(job.id) ?? []).flatMap((operation) => askedOf(job.id, operation, sources)),
      ...worked(job.id, facts, sources),
      ...(sources.events.get(job.id) ?? []).flatMap((event) => happened(event, facts, sources)),
    ];
    return [{ jobId: job.id, initial, operations }];
  });
}

interface Sources {
  asked: Map<number, Operation[]>;
  events: Map<number, EventRow[]>;
  /** Which command did what, for its undo. */
  commands: Map<number, Operation>;
  /** Runs by their members, and how a member left. */
  runsOf: Map<number, { runId: number; left: boolean }[]>;
  claims: Map<number, { sentAt: number; at: number }>;
  finishes: Map<number, { sentAt: number; at: number; result: string }>;
  /** Jobs that an undo of their retrigger may have ended. */
  unmade: Set<number>;
}

function sourcesOf({ history, events, members, witness }: Facts): Sources {
  const commands = new Map<number, Operation>();
  for (const operation of history) {
    if (operation.op !== "undo" && operation.reply.commandId !== undefined)
      commands.set(operation.reply.commandId, operation);
  }
  const asked = new Map<number, Operation[]>();
  const unmade = new Set<number>();
  for (const operation of history) {
    const undone = operation.op === "undo" ? commands.get(operation.commandId ?? 0) : undefined;
    if (undone?.op === "retrigger")
      for (const item of undone.reply.items ?? []) for (const id of item.created) unmade.add(id);
    for (const jobId of undone?.jobIds ?? operation.jobIds) asked.set(jobId, [...(asked.get(jobId) ?? []), operation]);
  }
  const ofJob = events.filter((event): event is EventRow & { job_id: number } => event.job_id !== null);
  const runsOf = new Map<number, { runId: number; left: boolean }[]>();
  for (const { job_id, run_id, receipt } of members) {
    runsOf.set(job_id, [...(runsOf.get(job_id) ?? []), { runId: run_id, left: receipt.detached !== undefined }]);
  }
  const claims = new Map<number, { sentAt: number; at: number }>();
  const finishes = new Map<number, { sentAt: number; at: number; result: string }>();
  for (const word of witness) {
    if (word.said === "claim" && word.runId !== null) claims.set(word.runId, word);
    if (word.said === "finish" && word.answer.status === 200) finishes.set(word.runId, word);
  }
  return { asked, events: Map.groupBy(ofJob, (event) => event.job_id), commands, runsOf, claims, finishes, unmade };
}

/** What somebody asked for over REST, as far as it concerns this job. */
function askedOf(jobId: number, operation: Operation, { commands, events }: Sources): JobOperation[] {
  const { id, op, outcome, invokedAt, returnedAt, reply, priority } = operation;
  const timed = (apply: model.JobStep, isRead = false): JobOperation[] => [
    { name: `${op} ${id}`, invokedAt, returnedAt, apply, isRead },
  ];
  const item = reply.items?.find((one) => one.jobId === jobId);
  if (op === "read") return outcome === "ok" && reply.job ? timed(model.shows(reply.job), true) : [];
  if (outcome === "fail") return [];
  if (op === "undo") {
    const undone = commands.get(operation.commandId ?? 0);
    if (outcome === "ok" && item?.outcome !== "done") return [];
    if (undone?.op === "cancel") {
      const told = events
        .get(jobId)
        ?.find(({ type, body }) => type === "job.restored" && body.commandId === reply.commandId);
      return timed(model.restore(told && restoredTo(told.body)));
    }
    return undone?.op === "reprioritize" ? timed(model.undoPriority(operation.commandId ?? 0)) : [];
  }
  if (op === "cancel") {
    if (outcome === "unknown" || item?.outcome === "done") return timed(model.cancel);
    return item?.outcome === "unchanged" ? timed(model.alreadyDone) : [];
  }
  if (op !== "reprioritize" || priority === undefined) return [];
  if (outcome === "unknown" || item?.outcome === "done") return timed(model.reprioritize(priority, reply.commandId));
  if (item?.outcome === "unchanged") return timed(model.hasPriority(priority));
  return item?.code === "conflict" ? timed(model.isFixed) : [];
}

/** Claims and results, by the words of the workers. */
function worked(jobId: number, _facts: Facts, { runsOf, claims, finishes }: Sources): JobOperation[] {
  return (runsOf.get(jobId) ?? []).flatMap(({ runId, left }) => {
    const claim = claims.get(runId);
    const finish = finishes.get(runId);
    return [
      ...(claim
        ? [{ name: `claim ${runId}`, invokedAt: claim.sentAt, returnedAt: claim.at, apply: model.start(runId) }]
        : []),
      ...(finish
        ? [
            {
              name: `finish ${runId}`,
              invokedAt: finish.sentAt,
              returnedAt: finish.at,
              apply: model.finish(runId, finish.result, left),
            },
          ]
        : []),
    ];
  });
}

/** What the product did by itself, or for somebody whose own words are missing, by its events. */
function happened(event: EventRow, { meta }: Facts, sources: Sources): JobOperation[] {
  const { id, type, run_id, body, created_at } = event;
  const at = monotonic(meta, created_at);
  const timed = (apply: model.JobStep): JobOperation[] => [
    { name: `event ${id}`, invokedAt: at - BEFORE_MS, returnedAt: at + COMMIT_MS, apply },
  ];
  if (type === "job.queued") return timed(model.unblock);
  if (type === "job.skipped") return timed(model.skip);
  // With an undone cancel also those come back that were skipped because of it.
  if (type === "job.restored" && !isAskedBack(event, sources)) return timed(model.restore(restoredTo(body)));
  if (type === "job.requeued" || type === "job.split") return timed(model.requeue(run_id));
  if (type === "job.started" && run_id !== null) {
    return sources.claims.has(run_id) && body.readopted !== true ? [] : timed(model.start(run_id));
  }
  if (type === "job.done" && (run_id === null || !sources.finishes.has(run_id)))
    return timed(model.end(String(body.result)));
  return [];
}

/** Whether the undo behind this event is in the job's history already, because it names the job, or may have. */
function isAskedBack({ job_id, body }: EventRow, { asked, commands }: Sources): boolean {
  return (asked.get(job_id ?? 0) ?? []).some(({ op, outcome, reply, commandId }) => {
    if (op !== "undo") return false;
    if (outcome === "unknown") return commands.get(commandId ?? 0)?.op === "cancel";
    const named = reply.items?.some((item) => item.jobId === job_id && item.outcome === "done");
    return named === true && reply.commandId === body.commandId;
  });
}

function restoredTo({ state }: Record<string, unknown>): "blocked" | "queued" | undefined {
  return state === "blocked" || state === "queued" ? state : undefined;
}
