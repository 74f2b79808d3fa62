import type { Me } from "../contracts/me.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { requirePermission } from "../scheduler/permissions.ts";

/** The person who asks. */
export async function getMe(ctx: SchedulerContext): Promise<Me> {
  requirePermission(ctx.actor, "read");
  const { actor } = ctx;
  if (actor.kind !== "user") throw new SchedulerError("forbidden", "Only a person has an account.");
  const { name, mail } = await ctx.sql.one<{ name: string; mail: string | null }>(
    "SELECT name, mail FROM users WHERE id = $1",
    [actor.userId],
  );
  return { id: actor.userId, login: actor.login, name, mail, roles: [...actor.roles] };
}
