import type { Actor } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";

/** The person who asks, when they asked with a session of their own rather than with a token. */
export function requireSession(actor: Actor, toDo: string): Extract<Actor, { kind: "user" }> {
  if (actor.kind === "user" && actor.via.startsWith("session:")) return actor;
  throw new SchedulerError("forbidden", `Only a person who is signed in on the page may ${toDo}.`);
}
