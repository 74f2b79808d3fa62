import { STRICT_HEAD_START_MS } from "../contracts/pool.ts";
import type { ConfigError } from "../contracts/push.ts";
import type { CheckedServerConfig } from "../contracts/server-config.ts";
import { branchesMissing, upsertBranches } from "../db/sql/apply-branches.ts";
import { type ConfigChanges, lockConfig, poolsInUse, upsertPools, upsertRepositories } from "../db/sql/apply-config.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { requirePermission } from "./permissions.ts";
import { record } from "./record.ts";
import { rescoreJobs } from "./rescore-jobs.ts";

/**
 * Puts a checked configuration into effect, in one transaction: writes repositories, branches and pools as it names them, marks those that
 * it no longer names as removed (nothing is ever deleted), and gives waiting jobs their new places where a base priority, a head start
 * or the branches that a pool reserves workers for changed. Applying the same configuration again changes nothing, and tells nobody unless it is `repaired`: people heard that it was broken. `conflict` when a pool that has unfinished jobs would change its trust
 * level: what was allowed to run there would then run beside what it must not meet.
 */
export async function applyServerConfig(
  ctx: SchedulerContext,
  config: CheckedServerConfig,
  { repaired = false }: { repaired?: boolean } = {},
): Promise<ConfigChanges> {
  requirePermission(ctx.actor, "maintain");
  const changes = await ctx.sql.transaction(async (tx) => {
    await lockConfig(tx);
    const pools = config.pools.map(({ headStartMinutes, ...pool }) => ({
      ...pool,
      headStartMs: headStartMinutes === "strict" ? STRICT_HEAD_START_MS : Math.round(headStartMinutes * 60_000),
    }));
    const busy = await poolsInUse(tx, pools);
    if (busy) {
      const levels = `trust level ${busy.trustLevel} while jobs of it are unfinished`;
      const message = `The pool ${busy.name} cannot leave ${levels}; add a pool of the new level, or wait until they are done.`;
      throw new SchedulerError("conflict", message);
    }
    const repositories = await upsertRepositories(tx, config.repositories);
    const branches = [
      ...(await upsertBranches(tx, config.repositories)),
      ...(await branchesMissing(tx, config.repositories)),
    ];
    const changed: ConfigChanges = { repositories, branches, pools: await upsertPools(tx, pools) };
    const count = changed.repositories.length + changed.branches.length + changed.pools.length;
    if (count === 0 && !repaired) return changed;
    await record(tx, ctx, {
      event: { type: "config.changed", body: { ...changed, errors: [] } },
      audit: { action: "config.apply", object: "config", after: changed },
    });
    return changed;
  });
  await rescoreJobs(ctx);
  ctx.signals.send("relay");
  return changes;
}

/** Tells everybody that the configuration file is broken; what was applied last stays in effect. */
export async function rejectServerConfig(ctx: SchedulerContext, errors: readonly ConfigError[]): Promise<void> {
  requirePermission(ctx.actor, "maintain");
  await ctx.sql.transaction((tx) =>
    record(tx, ctx, {
      event: { type: "config.changed", body: { errors } },
      audit: { action: "config.reject", object: "config", after: { errors } },
    }),
  );
  ctx.signals.send("relay");
}
