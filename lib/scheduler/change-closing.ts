import type { Branch } from "../contracts/branch.ts";
import { lockBranch, writeClosing } from "../db/sql/control-branch.ts";
import { lockControls } from "../db/sql/lock-controls.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { readBranch } from "./get-branch.ts";
import { requirePermission } from "./permissions.ts";
import { auditRefusal, nameOf, record, userIdOf } from "./record.ts";

/** Closes a branch with a reason, or with null opens it. Jobs move no version: the sweep takes them out of their queues and puts them back. */
export async function changeClosing(ctx: SchedulerContext, name: string, reason: string | null): Promise<Branch> {
  const what = { action: reason === null ? "branch.open" : "branch.close", object: `branch:${name}` };
  const changed = await auditRefusal(ctx, what, async () => {
    requirePermission(ctx.actor, "branch:control");
    return ctx.sql.transaction(async (tx) => {
      if (reason !== null) await lockControls(tx);
      const branch = await lockBranch(tx, name);
      if (!branch) throw new SchedulerError("not_found", `There is no branch ${name}.`);
      if (branch.closed === (reason !== null) && branch.closedReason === reason) return false;
      await writeClosing(tx, branch.id, reason, userIdOf(ctx));
      const state = { closed: reason !== null, reason };
      await record(tx, ctx, {
        event: { type: "branch.changed", branchId: branch.id, body: { branch: name, ...state, by: nameOf(ctx) } },
        audit: { ...what, before: { closed: branch.closed, reason: branch.closedReason }, after: state },
      });
      return true;
    });
  });
  if (changed) for (const topic of ["relay", "sweep"]) ctx.signals.send(topic);
  return readBranch(ctx, name);
}
