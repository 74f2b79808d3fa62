import {
  notePoll,
  readWatchedBranches,
  readWatchedRepositories,
  type WatchedRepository,
} from "../db/sql/watched-branches.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { record } from "./record.ts";
import { recordPush } from "./record-push.ts";
import { schedulePush } from "./schedule-push.ts";
import { type PushPorts, SourceError } from "./source-control.ts";

const LONGEST_PAUSE_MS = 5 * 60_000;
const AT_ONCE = 4;

interface Turn {
  failures: number;
  dueAt: number;
}

/** When each repository is looked at next. One per process that polls. */
export class PollTimes {
  private readonly nowMs: () => number;
  private readonly turns = new Map<number, Turn>();
  private readonly running = new Map<number, Promise<void>>();
  private errors: unknown[] = [];

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** How many looks are under way. */
  get busy(): number {
    return this.running.size;
  }

  /** Whether the repository is to be looked at now. */
  isDue({ id }: WatchedRepository): boolean {
    return !this.running.has(id) && (this.turns.get(id)?.dueAt ?? 0) <= this.nowMs();
  }

  /**
   * Runs a look; at its end the next one is due after the repository's interval, or after a pause that doubles with each failure. What it
   * throws is kept for `takeErrors`.
   */
  start(repository: WatchedRepository, look: () => Promise<boolean>): void {
    const run = look()
      .catch((error: unknown) => {
        this.errors.push(error);
        return false;
      })
      .then((worked) => {
        const failures = worked ? 0 : (this.turns.get(repository.id)?.failures ?? 0) + 1;
        const intervalMs = repository.pollSeconds * 1000;
        const pauseMs = Math.max(intervalMs, Math.min(intervalMs * 2 ** failures, LONGEST_PAUSE_MS));
        this.turns.set(repository.id, { failures, dueAt: this.nowMs() + pauseMs });
        this.running.delete(repository.id);
      });
    this.running.set(repository.id, run);
  }

  /** What looks have thrown since the last call. */
  takeErrors(): unknown[] {
    const errors = this.errors;
    this.errors = [];
    return errors;
  }

  /** Resolves when no look is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.running.values());
  }
}

/**
 * Looks at the repositories that are due, at most four at once, each for new heads of its watched branches, and records and schedules what
 * is new. Returns once the looks have begun: a slow repository holds up nobody. A repository that cannot be reached keeps the reason in its
 * row, is looked at less and less often, down to every five minutes, and loses nothing: the next look that works sees all that came since.
 * Throws what earlier looks have thrown that nobody foresaw.
 */
export async function pollRepositories(
  ctx: SchedulerContext,
  times: PollTimes,
  ports: PushPorts,
  abort?: AbortSignal,
): Promise<void> {
  requirePermission(ctx.actor, "maintain");
  for (const repository of await readWatchedRepositories(ctx.sql)) {
    if (times.busy >= AT_ONCE || abort?.aborted) break;
    if (times.isDue(repository)) times.start(repository, () => pollRepository(ctx, repository, ports, abort));
  }
  const errors = times.takeErrors();
  if (errors.length > 0) throw new AggregateError(errors, `Looks at repositories that failed: ${errors.length}.`);
}

/** Looks at one repository now. False when it could not be read to the end; the reason is in its row. Throws what nobody foresaw. */
export async function pollRepository(
  ctx: SchedulerContext,
  repository: WatchedRepository,
  ports: PushPorts,
  abort?: AbortSignal,
): Promise<boolean> {
  requirePermission(ctx.actor, "maintain");
  try {
    await look(ctx, repository, ports, abort);
    await note(ctx, repository, null);
    return true;
  } catch (error) {
    if (abort?.aborted) return false;
    const foreseen = error instanceof SourceError || error instanceof SchedulerError;
    await note(ctx, repository, foreseen ? error.message : "An error that nobody foresaw; the timer's log has it.");
    if (!foreseen) throw error;
    return false;
  }
}

async function look(
  ctx: SchedulerContext,
  { id, url }: WatchedRepository,
  ports: PushPorts,
  abort?: AbortSignal,
): Promise<void> {
  const repository = { id, url };
  // Our heads are read before the repository's: what it shows is then never older than they are.
  const branches = await readWatchedBranches(ctx.sql, id);
  if (branches.length === 0) return;
  const refs = branches.map(({ ref }) => ref);
  const heads = await ports.source.heads(repository, refs, abort);
  const moved = branches.filter(({ ref, headRevision }) => heads.has(ref) && heads.get(ref) !== headRevision);
  if (moved.length === 0) return;
  const tips = await ports.source.fetch(
    repository,
    moved.map(({ ref }) => ref),
    abort,
  );
  for (const branch of moved) {
    const after = tips.get(branch.ref);
    if (after === undefined || after === branch.headRevision) continue; // deleted, or moved back, meanwhile
    const pushId = await recordPush(ctx, { branch, before: branch.headRevision, after, pusher: null }, ports);
    if (pushId !== null) await schedulePush(ctx, { pushId }, ports);
  }
}

/** Keeps when and how the look ended; tells of it when that is news. */
async function note(ctx: SchedulerContext, { id, pollError }: WatchedRepository, error: string | null): Promise<void> {
  await ctx.sql.transaction(async (tx) => {
    await notePoll(tx, id, error);
    if (error === pollError) return;
    await record(tx, ctx, { event: { type: "config.changed", body: { repositoryId: id, pollError: error } } });
  });
  if (error !== pollError) ctx.signals.send("relay");
}
