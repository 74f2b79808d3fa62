import type { CommandPreview } from "../contracts/command.ts";
import type { CommandInput } from "../contracts/endpoints.ts";
import { type PreviewRow, readPoolSlots } from "../db/sql/preview-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { delayedOthers, type Work } from "./delayed-others.ts";
import { commonReasons, previewSummary } from "./explain/preview-summary.ts";
import { meanOf, meanRest } from "./explain/samples.ts";
import { ONLINE_LEASES } from "./list-pools.ts";
import { requirePermission } from "./permissions.ts";
import { type Effects, previewEffects } from "./preview-effects.ts";
import { score } from "./queue/score.ts";
import { databaseNowMs } from "./relay/queue-rows.ts";
import { namedTargets } from "./resolve-targets.ts";
import { withinBounds } from "./retrigger-jobs.ts";
import { RunLengths } from "./run-lengths.ts";

/**
 * What a command would do, were it given now: the jobs that it would change, machine time, and whose waiting jobs would start later or
 * sooner. It is decided by the rules of the command itself, and changes nothing. `invalid` and `not_found` as the command. Others are read
 * one by one in a queue of up to `deepJobs`, fifty thousand unless told; a deeper one is known by a count of at most two minutes ago.
 */
export async function previewCommand(
  ctx: SchedulerContext,
  input: CommandInput,
  { deepJobs }: { deepJobs?: number } = {},
): Promise<CommandPreview> {
  requirePermission(ctx.actor, "read");
  const retrigger = input.kind === "retrigger";
  const named = await namedTargets(ctx, input, { finished: retrigger }).targets(ctx.sql);
  const jobIds = retrigger ? await withinBounds(ctx.sql, named, { ...input, priority: 0 }) : named;
  const effects = await previewEffects(ctx, input, jobIds);
  const lengths = new RunLengths(ctx.sql);
  const touched = [...effects.ended, ...effects.skipped, ...effects.moved, ...effects.copied.map(({ row }) => row)];
  await lengths.prepare(touched.map((row) => row.builderId));

  const poolIds = [...new Set(touched.map((row) => row.poolId))];
  const pools = await readPoolSlots(ctx.sql, poolIds, ctx.settings.leaseSeconds * ONLINE_LEASES);
  const nowMs = await databaseNowMs(ctx.sql);
  const work = workOf(effects, lengths, { input, nowMs });
  const preview = {
    kind: input.kind,
    asOf: new Date(nowMs).toISOString(),
    counts: {
      done: effects.done,
      unchanged: effects.unchanged,
      refused: effects.refused.length,
      total: effects.done + effects.unchanged + effects.refused.length,
    },
    refusals: commonReasons(effects.refused),
    machineMinutes: Math.round(work.reduce((sum, { ms }) => sum + (ms ?? 0), 0) / 6_000) / 10,
    unknownDurations: touched.filter((row) => lengths.own(row.builderId) === null).length,
    runsStopped: effects.stopped.size,
    alsoSkipped: effects.skipped.length,
    others: await delayedOthers(ctx, pools, work, { own: [...effects.ended, ...effects.moved], deepJobs }),
  };
  return {
    ...preview,
    summary: previewSummary(
      preview,
      effects.copied.reduce((sum, { times }) => sum + times, 0),
    ),
  };
}

/** All work that would come (positive) and go (negative), at its places. A job that moves goes from one and comes to another. */
function workOf(
  effects: Effects,
  lengths: RunLengths,
  { input, nowMs }: { input: CommandInput; nowMs: number },
): Work[] {
  const meanMs = ({ builderId }: PreviewRow) => {
    const samples = lengths.own(builderId);
    return samples && meanOf(samples);
  };
  const placeOf = (row: PreviewRow, submittedAtMs: number) => {
    const priority = "priority" in input ? (input.priority ?? 0) : 0;
    return score({ submittedAtMs, rank: row.basePriority + priority }, row.headStartMs);
  };
  const counted = new Set<number>();
  const gone = effects.ended.flatMap((row): Work[] => {
    if (row.state !== "running") return [{ ...row, ms: negative(meanMs(row)) }];
    if (row.runId === null || !effects.stopped.has(row.runId) || counted.has(row.runId)) return [];
    counted.add(row.runId);
    const samples = lengths.own(row.builderId);
    const ms = samples && -meanRest(samples, row.runMs ?? 0);
    return [{ ...row, score: Number.NEGATIVE_INFINITY, ms }];
  });
  return [
    ...gone,
    ...effects.skipped.map((row) => ({ ...row, ms: negative(meanMs(row)) })),
    ...effects.moved.flatMap((row) => [
      { ...row, score: placeOf(row, row.submittedAtMs), ms: meanMs(row) },
      { ...row, ms: negative(meanMs(row)) },
    ]),
    ...effects.copied.map(({ row, times }) => {
      const ms = meanMs(row);
      return { ...row, score: placeOf(row, nowMs), ms: ms && ms * times };
    }),
  ];
}

function negative(ms: number | null): number | null {
  return ms === null ? null : -ms;
}
