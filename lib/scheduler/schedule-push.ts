import { IN_TREE_CONFIG_FILE } from "../contracts/in-tree-config.ts";
import type { ConfigError, ConfigState } from "../contracts/push.ts";
import { type PushToSchedule, readPendingPushes, readPushToSchedule, settleConfig } from "../db/sql/schedule-pushes.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { record } from "./record.ts";
import { type Configuration, type PushPorts, SourceError } from "./source-control.ts";
import { submitBuildset } from "./submit-buildset.ts";

type Settled = Exclude<ConfigState, "pending">;

/**
 * Reads the configuration at the push's revision and makes its buildset: every builder but the nightly ones. A broken or missing file
 * schedules nothing and is kept with the push. Done once per push, however often it is asked for, and also when it died half-way.
 * Throws `SourceError` when the repository is needed and away; the push then stays pending.
 */
export async function schedulePush(
  ctx: SchedulerContext,
  { pushId }: { pushId: number },
  ports: PushPorts,
): Promise<ConfigState> {
  requirePermission(ctx.actor, "buildset:submit");
  const push = await readPushToSchedule(ctx.sql, pushId);
  if (!push) throw new SchedulerError("not_found", `There is no push ${pushId}.`);
  if (push.configState !== "pending") return push.configState;

  const configuration = await readConfiguration(push, ports);
  if (configuration.state !== "sound") {
    const errors = configuration.state === "broken" ? configuration.errors : null;
    return settle(ctx, push, configuration.state, errors);
  }
  try {
    const definitions = configuration.definitions.filter(({ kind }) => kind !== "nightly");
    await submitBuildset(ctx, {
      pushId,
      kind: "push",
      reason: `Push to ${push.branch.name}`,
      definitions,
      properties: {},
    });
  } catch (error) {
    if (!(error instanceof SchedulerError) || error.code !== "invalid") throw error;
    return settle(ctx, push, "broken", [whole(error.message)]); // a pool went away between the check and now
  }
  return settle(ctx, push, "scheduled", null);
}

/**
 * Schedules pushes that were recorded but not scheduled: their process died, or the repository was away. The timer calls it again and
 * again; `retries` keeps one push that cannot be scheduled from holding up the others. Answers how many were settled. Errors other than a
 * repository that is away are thrown once all have had their turn.
 */
export async function schedulePendingPushes(
  ctx: SchedulerContext,
  retries: PendingRetries,
  ports: PushPorts,
  olderThanSeconds = 5,
): Promise<number> {
  requirePermission(ctx.actor, "buildset:submit");
  let settled = 0;
  const errors: unknown[] = [];
  for (const pushId of retries.due(await readPendingPushes(ctx.sql, olderThanSeconds, PENDING_LIMIT))) {
    try {
      await schedulePush(ctx, { pushId }, ports);
      settled += 1;
    } catch (error) {
      if (error instanceof SchedulerError && error.code === "unavailable") throw error; // the database, for all of them
      retries.failed(pushId);
      if (!(error instanceof SourceError)) errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `Pushes that could not be scheduled: ${errors.length}.`);
  return settled;
}

const PENDING_LIMIT = 500;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** Which pending pushes to try again when: after pauses that double up to five minutes. */
export class PendingRetries {
  private readonly nowMs: () => number;
  private readonly pauses = new Map<number, { pauseMs: number; dueAt: number }>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** Those of the pushes whose pause is over; what is not pending any more is forgotten. */
  due(pending: readonly number[]): number[] {
    const still = new Set(pending);
    for (const id of this.pauses.keys()) if (!still.has(id)) this.pauses.delete(id);
    return pending.filter((id) => (this.pauses.get(id)?.dueAt ?? 0) <= this.nowMs());
  }

  /** Notes that a push could not be scheduled: it pauses for twice as long as the last time. */
  failed(pushId: number): void {
    const before = this.pauses.get(pushId)?.pauseMs ?? FIRST_PAUSE_MS / 2;
    const pauseMs = Math.min(before * 2, LONGEST_PAUSE_MS);
    this.pauses.set(pushId, { pauseMs, dueAt: this.nowMs() + pauseMs });
  }
}

async function readConfiguration(push: PushToSchedule, ports: PushPorts): Promise<Configuration> {
  const { branch, repository, revision, pools } = push;
  if (!(await ports.source.has(repository, revision))) {
    await ports.source.fetch(repository, [branch.ref]); // another machine's copy had it
    if (!(await ports.source.has(repository, revision, { bring: true }))) {
      return { state: "broken", errors: [whole(`The repository no longer has the revision ${revision}.`)] };
    }
  }
  return ports.readConfiguration(repository, revision, { branch: branch.name, trustLevel: branch.trustLevel, pools });
}

async function settle(
  ctx: SchedulerContext,
  push: PushToSchedule,
  state: Settled,
  errors: ConfigError[] | null,
): Promise<ConfigState> {
  await ctx.sql.transaction(async (tx) => {
    if (!(await settleConfig(tx, push.id, state, errors))) return;
    const body = { configState: state, ...(errors && { errors: errors.length }) };
    await record(tx, ctx, { event: { type: "push.scheduled", branchId: push.branch.id, pushId: push.id, body } });
  });
  ctx.signals.send("relay");
  return state;
}

/** An error about the file as a whole. */
function whole(message: string): ConfigError {
  return { file: IN_TREE_CONFIG_FILE, line: 1, column: 1, key: "", message };
}
