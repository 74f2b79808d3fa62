import type { Placement, PlacementRule, QueueClass } from "../../contracts/placement.ts";
import { type ClassedPool, type FreeSlots, openClasses } from "./open-classes.ts";

/** A slot of a worker that waits for work. */
export interface WaitingSlot {
  workerId: number;
  worker: string;
  slot: number;
  speed: number;
  /** When it began to wait, ms since 1970. */
  sinceMs: number;
  /** When the worker last ran the job's builder with success, ms since 1970; null when it never did. */
  succeededAtMs: number | null;
}

/** A job that has just arrived in its pool's queue. */
export interface ArrivingJob {
  builder: string;
  queueClass: QueueClass;
  /** `objdir`: the worker that last ran it with success is preferred. */
  affinity: "objdir" | null;
  /** The worker that failed it. */
  avoidWorkerId: number | null;
}

/** The decision: who gets the job, and why. */
export interface Choice {
  slot: WaitingSlot;
  placement: Placement;
}

const SHOWN = 3;

/**
 * Which of the waiting workers gets a job that arrives: the last one to run its builder with success when the builder says so, else the
 * fastest, else the one that has waited longest. The worker that failed it is left out. Null when none of them may take it.
 */
export function chooseWorker(
  job: ArrivingJob,
  waiting: readonly WaitingSlot[],
  { pool, free }: { pool: ClassedPool; free: FreeSlots },
): Choice | null {
  const mayTake = (slot: WaitingSlot) =>
    slot.workerId !== job.avoidWorkerId && openClasses({ speed: slot.speed, pool, free }).includes(job.queueClass);
  const objdir = job.affinity === "objdir";
  const [best, ...rest] = waiting.filter(mayTake).toSorted((a, b) => (objdir ? byObjdir(a, b) : 0) || bySpeed(a, b));
  if (!best) return null;
  const others = rest.filter((slot) => slot.workerId !== best.workerId);
  const rule = ruleOf(best, others, objdir);
  return {
    slot: best,
    placement: {
      rule,
      why: sentence(rule, job, best),
      speed: best.speed,
      free: Math.max(1, free.all),
      passedOver: others.slice(0, SHOWN).map((slot) => passedOver(slot, best, rule)),
    },
  };
}

/** The placement of a run whose worker asked and got the head of the order. */
export function askedPlacement(worker: { speed: number }, free: number): Placement {
  const why = "It asked for work, and this was first in the order of what it may take.";
  return { rule: "asked", why, speed: worker.speed, free: Math.max(1, free), passedOver: [] };
}

/** The placement of a probe: a person chose the worker. */
export function probePlacement(worker: { speed: number }): Placement {
  return {
    rule: "probe",
    why: "Somebody sent this job to this very worker.",
    speed: worker.speed,
    free: 1,
    passedOver: [],
  };
}

function byObjdir(a: WaitingSlot, b: WaitingSlot): number {
  return (b.succeededAtMs ?? -1) - (a.succeededAtMs ?? -1);
}

function bySpeed(a: WaitingSlot, b: WaitingSlot): number {
  return b.speed - a.speed || a.sinceMs - b.sinceMs || a.workerId - b.workerId || a.slot - b.slot;
}

function ruleOf(best: WaitingSlot, others: readonly WaitingSlot[], objdir: boolean): PlacementRule {
  const [second] = others;
  if (!second) return "only-one";
  if (objdir && best.succeededAtMs !== second.succeededAtMs) return "affinity";
  return best.speed > second.speed ? "fastest" : "longest-idle";
}

function sentence(rule: PlacementRule, job: ArrivingJob, best: WaitingSlot): string {
  if (rule === "only-one") return "It was the only worker that waited for such work.";
  if (rule === "affinity") return `Of the workers that waited it was the last to run ${job.builder} with success.`;
  if (rule === "fastest") return `It was the fastest of the workers that waited, with the speed ${best.speed}.`;
  return "None of the workers that waited was faster, and it had waited longest.";
}

function passedOver(slot: WaitingSlot, best: WaitingSlot, rule: PlacementRule): Placement["passedOver"][number] {
  const { workerId, worker, speed } = slot;
  const built =
    slot.succeededAtMs === null ? "It has not run this builder with success." : "It ran this builder earlier.";
  const slower = `Its speed is ${speed}, not ${best.speed}.`;
  const why = rule === "affinity" ? built : speed < best.speed ? slower : "It has waited for less long.";
  return { workerId, worker, speed, why };
}
