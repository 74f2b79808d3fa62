import type { CommandInput } from "../contracts/endpoints.ts";
import { readArrows, readOriginals } from "../db/sql/copy-jobs.ts";
import { type PreviewRow, readBlockedDependents, readPreviewJobs, readRunsOnlyFor } from "../db/sql/preview-jobs.ts";
import { readNeeds } from "../db/sql/read-needs.ts";
import type { SchedulerContext } from "./context.ts";
import { type CopiedJob, planCopies } from "./copy-plan.ts";
import { allowedActions } from "./permissions.ts";
import { MOST_TARGETS } from "./resolve-targets.ts";
import { outOfPlace } from "./retrigger-jobs.ts";

/** What a command would do to its jobs. */
export interface Effects {
  /** Jobs that it would change. */
  done: number;
  unchanged: number;
  /** One sentence per job. */
  refused: string[];
  /** Jobs that would wait or run no more. */
  ended: PreviewRow[];
  /** The runs that would be stopped. */
  stopped: ReadonlySet<number>;
  skipped: PreviewRow[];
  /** Jobs that would stand at another priority. */
  moved: PreviewRow[];
  /** The jobs of which copies would be made, as often as there are copies. */
  copied: { row: PreviewRow; times: number }[];
}

type Of<Kind extends CommandInput["kind"]> = Extract<CommandInput, { kind: Kind }>;

/** The effects of a command on these jobs, decided by the same rules as the command itself; ids of no job are refused. */
export async function previewEffects(
  ctx: SchedulerContext,
  input: CommandInput,
  jobIds: readonly number[],
): Promise<Effects> {
  const rows = await readPreviewJobs(ctx.sql, jobIds);
  const effects: Effects = {
    done: 0,
    unchanged: 0,
    refused: Array.from({ length: jobIds.length - rows.length }, () => "There is no such job."),
    ended: [],
    stopped: new Set(),
    skipped: [],
    moved: [],
    copied: [],
  };
  if (input.kind === "cancel") return cancelled(ctx, effects, rows);
  if (input.kind === "reprioritize") return reprioritized(ctx, effects, rows, input);
  return retriggered(ctx, effects, rows, input);
}

function decide(ctx: SchedulerContext, row: PreviewRow) {
  return allowedActions(ctx.actor, { ...row, shared: false, failedNeed: null });
}

async function cancelled(ctx: SchedulerContext, effects: Effects, rows: readonly PreviewRow[]): Promise<Effects> {
  for (const row of rows) {
    const allowed = decide(ctx, row).cancel;
    if (allowed.allowed) effects.ended.push(row);
    else if (allowed.code === "conflict") effects.unchanged += 1;
    else effects.refused.push(allowed.reason);
  }
  const ids = effects.ended.map((row) => row.id);
  const [skipped, stopped] = await Promise.all([readBlockedDependents(ctx.sql, ids), readRunsOnlyFor(ctx.sql, ids)]);
  return { ...effects, done: ids.length, skipped, stopped: new Set(stopped) };
}

function reprioritized(
  ctx: SchedulerContext,
  effects: Effects,
  rows: readonly PreviewRow[],
  { priority, boost }: Of<"reprioritize">,
): Effects {
  for (const row of rows) {
    const allowed = decide(ctx, row)[boost ? "boost" : "reprioritize"];
    if (!allowed.allowed) effects.refused.push(allowed.reason);
    else if (row.priority === priority && !boost && !row.boosted) effects.unchanged += 1;
    else effects.moved.push(row);
  }
  return { ...effects, done: effects.moved.length };
}

async function retriggered(
  ctx: SchedulerContext,
  effects: Effects,
  rows: readonly PreviewRow[],
  { count, dependents }: Of<"retrigger">,
): Promise<Effects> {
  const wanted = new Set(rows.map((row) => row.id));
  const arrows = dependents ? await readArrows(ctx.sql, [...wanted], MOST_TARGETS * 10) : [];
  const along = [...new Set(arrows.map((arrow) => arrow.to))].filter((id) => !wanted.has(id));
  const all = new Map([...rows, ...(await readPreviewJobs(ctx.sql, along))].map((row) => [row.id, row]));
  const originals = await readOriginals(ctx.sql, [...all.keys()]);
  const needs = Map.groupBy(await readNeeds(ctx.sql, [...all.keys()]), (need) => need.jobId);
  const jobs = originals.flatMap((original): (CopiedJob & { together: number })[] => {
    const row = all.get(original.id);
    if (!row) return [];
    const allowed = decide(ctx, row).retrigger;
    const forbidden = wanted.has(row.id) && !allowed.allowed ? allowed : null;
    const together = dependents ? original.buildsetId : row.id;
    const refusal = forbidden ?? outOfPlace(original);
    return [{ id: row.id, wanted: wanted.has(row.id), refusal, needs: needs.get(row.id) ?? [], together }];
  });
  for (const set of Map.groupBy(jobs, (job) => job.together).values()) {
    const plan = planCopies(set, arrows);
    effects.refused.push(...[...plan.refused.values()].map((refusal) => refusal.reason));
    effects.done += new Set(plan.copies.map((copy) => copy.wantedBy)).size;
    effects.copied.push(...plan.copies.flatMap(({ id }) => ({ row: all.get(id), times: count })).filter(hasRow));
  }
  return effects;
}

function hasRow(copy: { row: PreviewRow | undefined; times: number }): copy is { row: PreviewRow; times: number } {
  return copy.row !== undefined;
}
