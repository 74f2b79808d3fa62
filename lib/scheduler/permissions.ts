import type { Allowed, BuilderKind, JobAction, JobState, Result } from "../contracts/job.ts";
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
}

/** Rights that are not about one job. */
type Permission = "read" | "buildset:submit" | "push:record" | "work" | "maintain" | "command";

const VERBS: Record<JobAction, string> = { cancel: "cancel", retrigger: "retrigger", reprioritize: "reprioritize" };

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

/** What the actor may do to the job now, and why not: for the page's buttons and for the verbs alike. */
export function allowedActions(actor: Actor, job: JobSubject): Record<JobAction, Allowed> {
  const decide = (action: JobAction): Allowed => {
    const forbidden = jobRefusal(actor, action, job);
    if (forbidden !== null) return { allowed: false, code: "forbidden", reason: forbidden };
    const conflict = stateRefusal(action, job);
    if (conflict !== null) return { allowed: false, code: "conflict", reason: conflict };
    return { allowed: true };
  };
  return { cancel: decide("cancel"), retrigger: decide("retrigger"), reprioritize: decide("reprioritize") };
}

function generalRefusal(actor: Actor, permission: Permission): string | null {
  if (permission === "work") return actor.kind === "worker" ? null : "Only a registered worker may do this.";
  if (actor.kind === "system") return null;
  if (permission === "maintain") return "Only the product's own processes may do this.";
  if (permission === "command") {
    if (actor.kind !== "user") return "Only a signed-in user may do this to jobs.";
    return actor.scopes.includes("jobs:write") ? null : missingScope("jobs:write", actor.scopes);
  }
  if (permission === "read") {
    if (actor.kind !== "user") return "Only a signed-in user may read this.";
    return actor.scopes.includes("read") ? null : missingScope("read", actor.scopes);
  }
  if (actor.kind !== "hook") return "Pushes are told by a hook, with a token of the scope pushes:write.";
  return actor.scopes.includes("pushes:write") ? null : missingScope("pushes:write", actor.scopes);
}

function jobRefusal(actor: Actor, action: JobAction, job: JobSubject): string | null {
  if (actor.kind === "system") return null;
  if (actor.kind !== "user") return `Only a signed-in user may ${VERBS[action]} a job.`;
  if (!actor.scopes.includes("jobs:write")) return missingScope("jobs:write", actor.scopes);
  if (actor.roles.includes("sheriff") || actor.roles.includes("admin")) return null;
  if (!actor.roles.includes("developer")) {
    return `Your account has no role here; a developer may ${VERBS[action]} their own jobs. Ask an admin for the role.`;
  }
  if (job.ownerId === actor.userId || job.submittedById === actor.userId) return null;
  if (action === "retrigger" && job.kind === "nightly" && isFailed(job.result)) return null;
  const who = job.ownerLogin === null ? "Nobody is known to own" : `${job.ownerLogin} owns`;
  const others =
    job.ownerLogin === null ? "only a sheriff or an admin" : `only ${job.ownerLogin}, a sheriff or an admin`;
  return `${who} the push of job ${job.id}, so ${others} may ${VERBS[action]} it.`;
}

function stateRefusal(action: JobAction, job: JobSubject): string | null {
  if (action === "retrigger") {
    return job.failedNeed === null ? null : `Job ${job.id} needs ${job.failedNeed}; retrigger that one first.`;
  }
  if (job.state === "done") {
    const end = job.result === "cancelled" ? "is already cancelled" : `is already done (${job.result})`;
    return action === "cancel"
      ? `Job ${job.id} ${end}; there is nothing left to cancel.`
      : `Job ${job.id} ${end}, so its priority is fixed.`;
  }
  if (action === "reprioritize" && job.state === "running") {
    return `Job ${job.id} is running, so its priority is fixed.`;
  }
  return null;
}

function isFailed(result: Result | null): boolean {
  return result === "failure" || result === "exception";
}

function missingScope(needed: string, scopes: readonly string[]): string {
  const has = scopes.length === 0 ? "no scope" : `only the scope ${scopes.join(", ")}`;
  return `This needs a token with the scope ${needed}; yours has ${has}.`;
}
