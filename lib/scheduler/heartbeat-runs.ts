import type { RunState } from "../contracts/job.ts";
import type { HeartbeatInput, HeartbeatReply } from "../contracts/work.ts";
import { type OwnRun, readOwnRuns, renewLeases } from "../db/sql/renew-leases.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { lookUntil } from "./look-until.ts";
import { requirePermission } from "./permissions.ts";
import { readoptRun } from "./readopt-run.ts";

/** A heartbeat as the worker sends it; `abort` fires when nobody listens for the answer any more. */
export interface HeartbeatRunsInput extends HeartbeatInput {
  abort?: AbortSignal;
}

/**
 * Renews the leases of a worker's runs and says what to do with each. A run that was lost meanwhile is taken back when nobody else has
 * claimed its jobs. The answer is held up to `waitSeconds` while every order is to go on; a new order is told at once. A worker that has
 * been told to cancel hears it in every answer until it finishes the run.
 */
export async function heartbeatRuns(ctx: SchedulerContext, input: HeartbeatRunsInput): Promise<HeartbeatReply> {
  requirePermission(ctx.actor, "work");
  const { actor } = ctx;
  if (actor.kind !== "worker") throw new SchedulerError("forbidden", "Only a registered worker may send heartbeats.");
  const runIds = [...new Set(input.runIds)];
  const worker = { workerId: actor.workerId, bootId: actor.bootId, leaseSeconds: ctx.settings.leaseSeconds };

  const first = await toReply(ctx, worker, runIds, await renewLeases(ctx.sql, runIds, worker));
  if (!isQuiet(first)) return first;

  const wait = { topics: [`worker:${actor.workerId}`], waitSeconds: input.waitSeconds, abort: input.abort };
  const news = await lookUntil(ctx.signals, wait, async () => {
    if (runIds.length === 0) return undefined;
    const reply = await toReply(ctx, worker, runIds, await readOwnRuns(ctx.sql, runIds, worker));
    return isQuiet(reply) ? undefined : reply;
  });
  return news ?? first;
}

async function toReply(ctx: SchedulerContext, worker: RunOwner, runIds: readonly number[], own: readonly OwnRun[]) {
  const states = new Map(own.map((run) => [run.id, run.state]));
  const runs: HeartbeatReply["runs"] = [];
  for (const runId of runIds) {
    const order = orderFor(states.get(runId)) ?? (await orderForLost(ctx, worker, runId));
    runs.push({ runId, order });
  }
  return { runs };
}

type RunOwner = Parameters<typeof readOwnRuns>[2];
type Order = HeartbeatReply["runs"][number]["order"];

function orderFor(state: RunState | undefined): Order | undefined {
  if (state === "running") return "continue";
  return state === "cancelling" ? "cancel" : undefined;
}

/** A run that cannot be taken back may have been so already, by another request of the same worker at this very moment. */
async function orderForLost(ctx: SchedulerContext, worker: RunOwner, runId: number): Promise<Order> {
  if (await readoptRun(ctx, runId)) return "continue";
  const [now] = await readOwnRuns(ctx.sql, [runId], worker);
  return orderFor(now?.state) ?? "stop";
}

function isQuiet(reply: HeartbeatReply): boolean {
  return reply.runs.every((run) => run.order === "continue");
}
