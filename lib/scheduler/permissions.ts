import type { Allowed, BuilderKind, JobAction, JobState, Result } from "../contracts/job.ts";
import type { Role } from "../contracts/me.ts";
import type { Actor } from "./context.ts";
import { SchedulerError } from "./errors.ts";

/** What the rules look at of a job. Nothing here comes from the person who asks. */
export interface JobSubject {
  id: number;
  state: JobState;
  result: Result | null;
  kind: BuilderKind;
  /** Who owns the push that it belongs to. */
  ownerId: number | null;
  ownerLogin: string | null;
  /** Who asked for it, when a person did: a retrigger. */
  submittedById: number | null;
  /** A job it needs that is done without success, as `linux64 opt build, which ended failure`. */
  failedNeed: string | null;
  /** Whether the run that serves it now serves other jobs as well. */
  shared: boolean;
}

/** Rights over what all jobs share; who has them stands in `CONTROLS`. */
export type ControlPermission = "branch:control" | "pool:control" | "worker:quarantine" | "worker:control";

/** Rights that are not about one job. */
type Permission = "read" | "buildset:submit" | "push:record" | "work" | "maintain" | "command" | ControlPermission;

/** A sheriff watches branches and takes sick workers out; pools, and workers for good, are an admin's. */
const CONTROLS: Record<ControlPermission, { roles: readonly Role[]; what: string }> = {
  "branch:control": { roles: ["sheriff", "admin"], what: "close and open branches" },
  "worker:quarantine": { roles: ["sheriff", "admin"], what: "put workers into quarantine, probe and release them" },
  "pool:control": { roles: ["admin"], what: "pause and resume pools" },
  "worker:control": { roles: ["admin"], what: "drain and disable workers" },
};

/**
 * Refuses with `forbidden` and a sentence that says why and who may, unless the actor has the right.
 * For `job:*` the subject is the job; its state is another question, see `allowedActions`.
 */
export function requirePermission(actor: Actor, permission: Permission): void;
export function requirePermission(actor: Actor, permission: `job:${JobAction}`, subject: JobSubject): void;
export function requirePermission(
  actor: Actor,
  permission: Permission | `job:${JobAction}`,
  subject?: JobSubject,
): void {
  const reason =
    subject === undefined
      ? generalRefusal(actor, permission as Permission)
      : jobRefusal(actor, permission.slice("job:".length) as JobAction, subject);
  if (reason !== null) throw new SchedulerError("forbidden", reason);
}

/** Whether the actor has a right over what all jobs share, and why not: for the page's buttons. */
export function allowedControl(actor: Actor, permission: ControlPermission): Allowed {
  const reason = generalRefusal(actor, permission);
  return reason === null ? { allowed: true } : { allowed: false, code: "forbidden", reason };
}

/** What the actor may do to the job now, and why not: for the page's buttons and for the verbs alike. */
export function allowedActions(actor: Actor, job: JobSubject): Record<JobAction, Allowed> {
  const decide = (action: JobAction): Allowed => {
    const forbidden = jobRefusal(actor, action, job);
    if (forbidden !== null) return { allowed: false, code: "forbidden", reason: forbidden };
    const conflict = stateRefusal(action, job);
    if (conflict !== null) return { allowed: false, code: "conflict", reason: conflict };
    return { allowed: true };
  };
  return {
    cancel: decide("cancel"),
    retrigger: decide("retrigger"),
    reprioritize: decide("reprioritize"),
    boost: decide("boost"),
    split: decide("split"),
  };
}

function generalRefusal(actor: Actor, permission: Permission): string | null {
  if (permission === "work") return actor.kind === "worker" ? null : "Only a registered worker may do this.";
  if (actor.kind === "system") return null;
  if (permission === "maintain") return "Only the product's own processes may do this.";
  if (permission === "command") {
    if (actor.kind !== "user") return "Only a signed-in user may do this to jobs.";
    return actor.scopes.includes("jobs:write") ? null : missingScope("jobs:write", actor.scopes);
  }
  if (isControl(permission)) return controlRefusal(actor, permission);
  if (permission === "read") {
    if (actor.kind !== "user") return "Only a signed-in user may read this.";
    return actor.scopes.includes("read") ? null : missingScope("read", actor.scopes);
  }
  if (actor.kind !== "hook") return "Pushes are told by a hook, with a token of the scope pushes:write.";
  return actor.scopes.includes("pushes:write") ? null : missingScope("pushes:write", actor.scopes);
}

function isControl(permission: Permission): permission is ControlPermission {
  return Object.hasOwn(CONTROLS, permission);
}

function controlRefusal(actor: Actor, permission: ControlPermission): string | null {
  const { roles, what } = CONTROLS[permission];
  if (actor.kind !== "user") return `Only a signed-in ${roles.join(" or ")} may ${what}.`;
  if (!actor.scopes.includes("jobs:write")) return missingScope("jobs:write", actor.scopes);
  if (actor.roles.some((role) => roles.includes(role))) return null;
  return `Only ${roles.map((role) => `${role === "admin" ? "an" : "a"} ${role}`).join(" or ")} may ${what}.`;
}

// Lowering and raising one's own jobs is free: within −100 and 100 a developer moves their own push only as far as ranks reach. What goes
// beyond that, somebody else's job or a boost that is told and ends by itself, is a sheriff's.
function jobRefusal(actor: Actor, action: JobAction, job: JobSubject): string | null {
  if (actor.kind === "system") return null;
  if (actor.kind !== "user") return `Only a signed-in user may ${action} a job.`;
  if (!actor.scopes.includes("jobs:write")) return missingScope("jobs:write", actor.scopes);
  if (isSheriff(actor)) return null;
  if (action === "boost") return `Only a sheriff or an admin may boost a job; its owner may change its priority.`;
  if (!actor.roles.includes("developer")) {
    return `Your account has no role here; a developer may ${action} their own jobs. Ask an admin for the role.`;
  }
  if (job.ownerId === actor.userId || job.submittedById === actor.userId) return null;
  if (action === "retrigger" && job.kind === "nightly" && isFailed(job.result)) return null;
  const who = job.ownerLogin === null ? "Nobody is known to own" : `${job.ownerLogin} owns`;
  const others =
    job.ownerLogin === null ? "only a sheriff or an admin" : `only ${job.ownerLogin}, a sheriff or an admin`;
  return `${who} the push of job ${job.id}, so ${others} may ${action} it.`;
}

/** Why the actor may not undo what somebody has asked for, whatever it was; null when they may. */
export function undoRefusal(
  actor: Actor,
  command: { id: number; userId: number | null; userLogin: string | null },
): string | null {
  if (actor.kind === "system") return null;
  if (actor.kind !== "user") return "Only a signed-in user may undo a command.";
  if (!actor.scopes.includes("jobs:write")) return missingScope("jobs:write", actor.scopes);
  if (isSheriff(actor)) return null;
  if (!actor.roles.includes("developer")) {
    return "Your account has no role here; a developer may undo their own commands. Ask an admin for the role.";
  }
  if (command.userId === actor.userId) return null;
  const who = command.userLogin === null ? "The product itself" : command.userLogin;
  const others = command.userLogin === null ? "a sheriff" : `${command.userLogin}, a sheriff`;
  return `${who} gave command ${command.id}, so only ${others} or an admin may undo it.`;
}

/** Whether the person looks after everybody's jobs. */
export function isSheriff(actor: Actor): boolean {
  return actor.kind === "user" && (actor.roles.includes("sheriff") || actor.roles.includes("admin"));
}

function stateRefusal(action: JobAction, job: JobSubject): string | null {
  if (action === "retrigger") {
    return job.failedNeed === null ? null : `Job ${job.id} needs ${job.failedNeed}; retrigger that one first.`;
  }
  if (job.state === "done") {
    const end = job.result === "cancelled" ? "is already cancelled" : `is already done (${job.result})`;
    if (action === "cancel") return `Job ${job.id} ${end}; there is nothing left to cancel.`;
    return `Job ${job.id} ${end}, so ${action === "split" ? "it shares no run any more" : "its priority is fixed"}.`;
  }
  if (action === "split") {
    if (job.state !== "running") return `Job ${job.id} does not run yet, so it shares no run.`;
    return job.shared ? null : `Job ${job.id} has its run to itself already.`;
  }
  if (action !== "cancel" && job.state === "running") return `Job ${job.id} is running, so its priority is fixed.`;
  return null;
}

function isFailed(result: Result | null): boolean {
  return result === "failure" || result === "exception";
}

function missingScope(needed: string, scopes: readonly string[]): string {
  const has = scopes.length === 0 ? "no scope" : `only the scope ${scopes.join(", ")}`;
  return `This needs a token with the scope ${needed}; yours has ${has}.`;
}
