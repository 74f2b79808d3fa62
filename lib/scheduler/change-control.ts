import type { WorkerAction } from "../contracts/control.ts";
import type { Worker } from "../contracts/pool.ts";
import { type ControlToBe, type LockedWorker, lockWorkerControl, writeControl } from "../db/sql/control-worker.ts";
import { lockControls } from "../db/sql/lock-controls.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { readWorker } from "./list-workers.ts";
import { requirePermission } from "./permissions.ts";
import { auditRefusal, nameOf, record, userIdOf } from "./record.ts";
import { decideAction, permissionFor } from "./worker-actions.ts";

/** How a worker is to be, given how it is now. */
export type ControlChange = (worker: LockedWorker) => ControlToBe;

/** An end that differs by less, which is what a minute's rounding and a repeated request make, is the same end. */
const SAME_END_MS = 60_000;

/**
 * Makes a worker enabled, quarantined, draining or disabled, and keeps who said so and why. A weaker control does not replace a stronger
 * one: `conflict`. What it already is changes nothing. `then` runs after the commit, also for a repeat, whose first try may not have got there.
 */
export async function changeControl(
  ctx: SchedulerContext,
  { worker: name, action }: { worker: string; action: WorkerAction },
  change: ControlChange,
  then: (workerId: number) => Promise<void> = async () => undefined,
): Promise<Worker> {
  const what = { action: `worker.${action}`, object: `worker:${name}` };
  const { worker, changed } = await auditRefusal(ctx, what, async () => {
    requirePermission(ctx.actor, permissionFor(action));
    return ctx.sql.transaction(async (tx) => {
      if (action !== "release") await lockControls(tx);
      const worker = await lockWorkerControl(tx, name);
      if (!worker) throw new SchedulerError("not_found", `There is no worker ${name}.`);
      const allowed = decideAction(ctx.actor, action, worker);
      if (!allowed.allowed) throw new SchedulerError(allowed.code, allowed.reason);
      const to = change(worker);
      if (isAlready(worker, to)) return { worker, changed: false };
      await writeControl(tx, worker.id, to, to.control === "enabled" ? null : userIdOf(ctx));
      const state = { control: to.control, reason: to.reason, until: to.until };
      await record(tx, ctx, {
        event: { type: "worker.changed", body: { workerId: worker.id, worker: name, ...state, by: nameOf(ctx) } },
        audit: { ...what, before: { control: worker.control, reason: worker.controlReason }, after: state },
      });
      return { worker, changed: true };
    });
  });
  await then(worker.id);
  if (changed) wakeWorker(ctx, worker);
  return readWorker(ctx, name);
}

/** Wakes a worker whose control has changed: its claims and heartbeats that wait look again. */
export function wakeWorker(ctx: SchedulerContext, { id, poolIds }: { id: number; poolIds: readonly number[] }): void {
  const topics = ["relay", `worker:${id}`, `control:${id}`, ...poolIds.map((poolId) => `pool:${poolId}`)];
  for (const topic of topics) ctx.signals.send(topic);
}

function isAlready(worker: LockedWorker, to: ControlToBe): boolean {
  if (worker.control !== to.control || worker.controlReason !== to.reason) return false;
  const [now, then] = [worker.quarantinedUntil, to.until];
  return now === null || then === null ? now === then : Math.abs(now.getTime() - then.getTime()) < SAME_END_MS;
}
