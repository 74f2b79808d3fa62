import type { Blocker, BlockerCode } from "../../contracts/explanation.ts";
import { type ClassedPool, openClasses } from "../placement/open-classes.ts";
import type { ExplainFacts, WorkerFacts } from "./facts.ts";
import { because, byAndSince, counted, lasting } from "./words.ts";

/** What the workers of a job's pool, or the state that they are in, keep it from; at most one. */
export function workerBlockers(facts: ExplainFacts): Blocker[] {
  const inPool = facts.workers.filter((worker) => worker.inPool);
  const blocker = nobodyThere(facts, inPool) ?? avoided(facts, inPool) ?? keptForOthers(facts, inPool);
  return blocker ? [blocker] : [];
}

/** A probe waits for one worker, which may be in quarantine, but not away or busy. */
export function probeBlockers({ nowMs, job, workers }: ExplainFacts): Blocker[] {
  const worker = workers.find(({ id }) => id === job.onlyWorkerId);
  if (!worker) return [toBlocker("NO_ELIGIBLE_WORKER", "It is a probe of a worker that is not known any more.")];
  const probe = toBlocker(
    "PROBE",
    `It is a probe: only the worker ${worker.name} may run it, ${doing(nowMs, worker)}.`,
  );
  if (worker.control === "disabled") {
    const { heldBy, heldAtMs, heldWhy } = worker.held;
    const who = byAndSince(nowMs, heldBy, heldAtMs);
    return [probe, toBlocker("NO_ELIGIBLE_WORKER", `The worker ${worker.name} was disabled${who}${because(heldWhy)}`)];
  }
  if (worker.online) return [probe];
  return [probe, toBlocker("ALL_WORKERS_OFFLINE", `The worker ${worker.name} is away${lastSeen(nowMs, worker)}.`)];
}

/** Whether a worker is given the pool's jobs when it asks. */
export function getsWork(worker: WorkerFacts): boolean {
  return worker.inPool && worker.online && worker.control === "enabled";
}

/** The pool as the rule of classes sees it. */
export function classedPool({ pool, workers }: ExplainFacts): ClassedPool {
  const { fastSpeed, reserveWorkers, idleAbove } = pool;
  const fastOnline = workers.filter((worker) => getsWork(worker) && isFast(worker, fastSpeed)).length;
  return { fastSpeed, fastOnline, reserveWorkers, idleAbove };
}

/** Whether a pool counts a worker as fast; all of them where it does not tell them apart. */
export function isFast(worker: { speed: number }, fastSpeed: number | null): boolean {
  return fastSpeed === null || worker.speed >= fastSpeed;
}

function nobodyThere({ nowMs, pool }: ExplainFacts, workers: readonly WorkerFacts[]): Blocker | null {
  if (workers.some(getsWork)) return null;
  if (workers.length === 0)
    return toBlocker("NO_ELIGIBLE_WORKER", `No worker is registered with the pool ${pool.name}.`);
  const online = workers.filter((worker) => worker.online);
  const quarantined = online.filter((worker) => worker.control === "quarantined");
  const [first] = quarantined;
  if (first && quarantined.length === online.length) {
    const all = online.length === 1 ? "The only worker" : `All ${online.length} workers`;
    const are = online.length === 1 ? "is" : "are";
    const who = `${first.name} was put there${byAndSince(nowMs, first.held.heldBy, first.held.heldAtMs)}`;
    const sentence = `${all} of the pool ${pool.name} that ${are} online ${are} in quarantine${until(nowMs, first, online.length)}; ${who}${because(first.held.heldWhy)}`;
    return toBlocker("ALL_WORKERS_QUARANTINED", sentence);
  }
  const taken = online.find((worker) => worker.control !== "quarantined");
  if (taken) {
    const verb = taken.control === "disabled" ? "was disabled" : "is draining";
    const who = byAndSince(nowMs, taken.held.heldBy, taken.held.heldAtMs);
    const sentence = `No worker of the pool ${pool.name} takes new work; ${taken.name} ${verb}${who}${because(taken.held.heldWhy)}`;
    return toBlocker("NO_ELIGIBLE_WORKER", sentence);
  }
  const last = workers.toSorted((a, b) => (b.lastSeenAtMs ?? 0) - (a.lastSeenAtMs ?? 0))[0];
  const none = workers.length === 1 ? "The only worker" : `None of the ${workers.length} workers`;
  const seen = last?.lastSeenAtMs ? `; ${last.name} was seen ${lasting(nowMs - last.lastSeenAtMs)} ago` : "";
  const away = workers.length === 1 ? "is away" : "is online";
  return toBlocker("ALL_WORKERS_OFFLINE", `${none} of the pool ${pool.name} ${away}${seen}.`);
}

function avoided({ job }: ExplainFacts, workers: readonly WorkerFacts[]): Blocker | null {
  const failed = workers.find(({ id }) => id === job.avoidWorkerId);
  // with nobody else online the rule of placement gives it to this worker all the same
  const others = workers.filter((worker) => worker.online && worker !== failed);
  if (!failed || !getsWork(failed) || freeSlots(failed) === 0 || others.length === 0) return null;
  if (others.some((worker) => getsWork(worker) && freeSlots(worker) > 0)) return null;
  const which = others.length === 1 ? "the other worker that is" : `one of the ${others.length} other workers that are`;
  const wait = `it waits for ${which} online`;
  return toBlocker("AVOIDS_WORKER", `The worker ${failed.name} is free, but its last run there failed, so ${wait}.`);
}

/** Workers are there, and perhaps free, but not for jobs of this class. */
function keptForOthers(facts: ExplainFacts, workers: readonly WorkerFacts[]): Blocker | null {
  const { job, pool } = facts;
  const classed = classedPool(facts);
  const staff = workers.filter((worker) => getsWork(worker) && worker.id !== job.avoidWorkerId);
  const all = staff.reduce((sum, worker) => sum + freeSlots(worker), 0);
  const fast = staff.reduce((sum, worker) => sum + (isFast(worker, pool.fastSpeed) ? freeSlots(worker) : 0), 0);
  const open = staff.some(
    (worker) =>
      freeSlots(worker) > 0 &&
      openClasses({ speed: worker.speed, pool: classed, free: { all, fast } }).includes(job.queueClass),
  );
  if (open) return null;
  if (job.queueClass === "idle") {
    const rule = `It runs only while more than ${counted(pool.idleAbove, "worker")} of the pool ${pool.name} are free`;
    return toBlocker("IDLE_ONLY", `${rule}; ${all === 1 ? "1 is" : `${all} are`} free now.`);
  }
  const forFast = job.queueClass === "fast" || job.queueClass === "reserved-fast";
  const ordinary = job.queueClass === "any" || job.queueClass === "fast";
  if (ordinary && fast > 0 && fast <= classed.reserveWorkers) {
    const kept = fast === 1 ? "The fast worker that is free is" : `The ${fast} fast workers that are free are`;
    return toBlocker("RESERVED", `${kept} kept for ${pool.reserveBranches.join(", ") || "other branches"}.`);
  }
  if (forFast && classed.fastOnline > 0) {
    const busy =
      classed.fastOnline === 1 ? "the only one that is online is" : `all ${classed.fastOnline} that are online are`;
    return toBlocker("FAST_WORKERS_BUSY", `It needs a worker of speed ${pool.fastSpeed} or more, and ${busy} busy.`);
  }
  return null;
}

function freeSlots(worker: WorkerFacts): number {
  return Math.max(0, worker.slots - worker.busy);
}

function doing(nowMs: number, worker: WorkerFacts): string {
  if (!worker.online) return `which is away${lastSeen(nowMs, worker)}`;
  return freeSlots(worker) > 0 ? "which is free" : "which is busy";
}

function lastSeen(nowMs: number, worker: WorkerFacts): string {
  return worker.lastSeenAtMs === null ? "" : ` and was last seen ${lasting(nowMs - worker.lastSeenAtMs)} ago`;
}

function until(nowMs: number, { held }: WorkerFacts, workers: number): string {
  if (held.heldUntilMs === null) return "";
  return `, ${workers === 1 ? "" : "the first "}for another ${lasting(held.heldUntilMs - nowMs)}`;
}

function toBlocker(code: BlockerCode, sentence: string): Blocker {
  return { code, sentence, jobId: null };
}
