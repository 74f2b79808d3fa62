import { ownUnowned } from "../db/sql/own-pushes.ts";
import type { SchedulerContext } from "./context.ts";
import { requirePermission } from "./permissions.ts";
import { recordAll } from "./record.ts";

/** Somebody whom the directory vouches for. */
export interface AdoptingUser {
  id: number;
  login: string;
  mail: string | null;
}

/**
 * Gives a user who logs in for the first time the pushes that wait for them, with their jobs: those that a hook named their login for, and
 * those of branches that trust authors whose tip carries their mail. Answers how many. Nothing that has an owner changes hands.
 */
export async function adoptPushes(ctx: SchedulerContext, user: AdoptingUser): Promise<number> {
  requirePermission(ctx.actor, "maintain");
  const pushes = await ctx.sql.transaction(async (tx) => {
    const owned = await ownUnowned(tx, user);
    await recordAll(tx, ctx, {
      events: owned.map(({ id, branchId }) => ({
        type: "push.received",
        branchId,
        pushId: id,
        body: { owner: user.login },
      })),
      audits: owned.map(({ id }) => ({ action: "push.adopt", object: `push:${id}`, after: { owner: user.login } })),
    });
    return owned;
  });
  if (pushes.length > 0) ctx.signals.send("relay");
  return pushes.length;
}
