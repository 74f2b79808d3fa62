import type { WorkerControl } from "../../contracts/control.ts";
import type { JobState, Result } from "../../contracts/job.ts";
import type { QueueClass } from "../../contracts/placement.ts";

/** Everything about a job that may keep it from starting. Moments are ms since 1970, by the database's clock. */
export interface ExplainFacts {
  nowMs: number;
  job: {
    id: number;
    state: JobState;
    trustLevel: number;
    queueClass: QueueClass;
    /** The worker that failed it. */
    avoidWorkerId: number | null;
    /** The only worker that may run it: it is a probe. */
    onlyWorkerId: number | null;
  };
  branch: Held & { name: string };
  pool: Held & {
    name: string;
    trustLevel: number;
    removedAtMs: number | null;
    fastSpeed: number | null;
    reserveWorkers: number;
    reserveBranches: readonly string[];
    idleAbove: number;
  };
  /** All workers that are registered with the pool, and the one that a probe is for. */
  workers: readonly WorkerFacts[];
  needs: readonly NeedFacts[];
}

/** Since when something is held, by whom and why; nulls while it is not held, or where it is not known. */
export interface Held {
  heldAtMs: number | null;
  heldBy: string | null;
  heldWhy: string | null;
}

/** A worker and what it does. */
export interface WorkerFacts {
  id: number;
  name: string;
  /** Registered with the job's pool; a probe's worker may not be. */
  inPool: boolean;
  speed: number;
  slots: number;
  /** Slots with a run. */
  busy: number;
  online: boolean;
  lastSeenAtMs: number | null;
  control: WorkerControl;
  /** Who took it out, when and why; `heldUntilMs` is when a quarantine ends by itself. */
  held: Held & { heldUntilMs: number | null };
}

/** A job that is needed. */
export interface NeedFacts {
  jobId: number;
  builder: string;
  state: JobState;
  result: Result | null;
  /** Since when it is in this state. */
  sinceMs: number | null;
}
