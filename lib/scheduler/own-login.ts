import type { Actor } from "./context.ts";
import { SchedulerError } from "./errors.ts";

/** The login that an owner filter means: `me` is the person who asks, undefined is everybody. */
export function ownLogin(actor: Actor, owner: string | undefined): string | undefined {
  if (owner !== "me") return owner;
  if (actor.kind === "user") return actor.login;
  throw new SchedulerError("invalid", "`owner=me` needs a signed-in user; name a login instead.");
}
