import type { WorkerAction, WorkerControl } from "../contracts/control.ts";
import type { Allowed } from "../contracts/job.ts";
import type { Actor } from "./context.ts";
import { allowedControl, type ControlPermission } from "./permissions.ts";

/** What the rules look at of a worker. */
export interface WorkerSubject {
  name: string;
  control: WorkerControl;
  controlReason: string | null;
}

/** From the weakest to the strongest. A weaker one does not replace a stronger one: it would let work in that somebody has kept out. */
const STRENGTH: Record<WorkerControl, number> = { enabled: 0, quarantined: 1, draining: 2, disabled: 3 };

/** What each action makes of a worker; a probe leaves it as it is. */
const MAKES: Partial<Record<WorkerAction, WorkerControl>> = {
  quarantine: "quarantined",
  drain: "draining",
  disable: "disabled",
};

/** What the actor may do to the worker now, and why not: for the page's buttons; the verbs ask `decideAction`. */
export function allowedWorkerActions(actor: Actor, worker: WorkerSubject): Record<WorkerAction, Allowed> {
  const decide = (action: WorkerAction) => decideAction(actor, action, worker);
  return {
    quarantine: decide("quarantine"),
    drain: decide("drain"),
    disable: decide("disable"),
    release: decide("release"),
    probe: decide("probe"),
  };
}

/** The right that an action needs at least, whatever the worker. */
export function permissionFor(action: WorkerAction): ControlPermission {
  return action === "drain" || action === "disable" ? "worker:control" : "worker:quarantine";
}

/** The same for one action. A sheriff takes sick workers out and lets them in again; what an admin has taken out, an admin releases. */
export function decideAction(actor: Actor, action: WorkerAction, worker: WorkerSubject): Allowed {
  const ofAdmins = action === "release" && STRENGTH[worker.control] > STRENGTH.quarantined;
  const allowed = allowedControl(actor, ofAdmins ? "worker:control" : permissionFor(action));
  if (!allowed.allowed) return allowed;
  const { name, control, controlReason } = worker;
  const made = MAKES[action];
  const weaker = made !== undefined && STRENGTH[made] < STRENGTH[control];
  const deaf = action === "probe" && STRENGTH[control] > STRENGTH.quarantined; // it would never ask for its probe
  if (!weaker && !deaf) return { allowed: true };
  const state = control === "draining" ? "is being drained" : `is ${control}`;
  const why = controlReason === null ? "" : ` (${controlReason})`;
  return { allowed: false, code: "conflict", reason: `The worker ${name} ${state}${why}; release it first.` };
}
