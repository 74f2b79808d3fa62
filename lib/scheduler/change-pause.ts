import type { Pool } from "../contracts/pool.ts";
import { lockPool, writePause } from "../db/sql/control-pool.ts";
import { lockControls } from "../db/sql/lock-controls.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { readPool } from "./read-pool.ts";
import { auditRefusal, nameOf, record, userIdOf } from "./record.ts";

/** Pauses a pool with a note, or with null resumes it. Jobs move no version: the sweep takes them out of the queue and puts them back. */
export async function changePause(ctx: SchedulerContext, name: string, note: string | null): Promise<Pool> {
  const what = { action: note === null ? "pool.resume" : "pool.pause", object: `pool:${name}` };
  const changedId = await auditRefusal(ctx, what, async () => {
    requirePermission(ctx.actor, "pool:control");
    return ctx.sql.transaction(async (tx) => {
      if (note !== null) await lockControls(tx);
      const pool = await lockPool(tx, name);
      if (!pool) throw new SchedulerError("not_found", `There is no pool ${name}.`);
      if (pool.removed && note !== null) {
        throw new SchedulerError(
          "conflict",
          `The pool ${name} has left the configuration; nothing starts in it anyway.`,
        );
      }
      if (pool.paused === (note !== null) && pool.pausedNote === note) return null;
      await writePause(tx, pool.id, note, userIdOf(ctx));
      const state = { paused: note !== null, note };
      await record(tx, ctx, {
        event: { type: "pool.changed", body: { poolId: pool.id, pool: name, ...state, by: nameOf(ctx) } },
        audit: { ...what, before: { paused: pool.paused, note: pool.pausedNote }, after: state },
      });
      return pool.id;
    });
  });
  if (changedId !== null) for (const topic of ["relay", "sweep", `pool:${changedId}`]) ctx.signals.send(topic);
  return readPool(ctx, name);
}
