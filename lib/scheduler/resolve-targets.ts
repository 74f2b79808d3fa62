import type { JobFilter } from "../contracts/job.ts";
import { countTargets, findUnknownName, selectTargets } from "../db/sql/select-targets.ts";
import type { Sql } from "../db/sql.ts";
import type { Actor, SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { ownLogin } from "./own-login.ts";

/** What a command is for: these jobs, or all that match a filter; `oneTarget` of the contract has checked that it is one of the two. */
export interface Targets {
  jobIds?: readonly number[] | undefined;
  filter?: JobFilter | undefined;
}

/** The part of a command's request that says which jobs it is for. `finished`: a filter also finds jobs that are done. */
export function namedTargets(ctx: SchedulerContext, { jobIds, filter }: Targets, { finished = false } = {}) {
  const listed = jobIds && distinct(jobIds);
  const [first] = listed ?? [];
  return {
    object: first === undefined ? "jobs" : `job:${first}`,
    named: listed ? { jobIds: listed } : { filter },
    targets: (tx: Sql) => resolveTargets(tx, ctx.actor, { jobIds: listed, filter }, { finished }),
  };
}

/** Jobs of one command. */
export const MOST_TARGETS = 10_000;
/** Beyond this the exact number of matches is of no use to anybody. */
const COUNTED = 100_000;

/**
 * The jobs that a command is for, each once, by ascending id. A filter means the jobs that match now, and of those only the ones that are
 * not done, unless `finished` is asked for; none is a sound answer. `invalid` when more than 10,000 match, with their number; `not_found`
 * when the filter names a push, branch, builder, pool or owner that does not exist, so that a slip of the pen is not taken for an empty set.
 */
export async function resolveTargets(
  sql: Sql,
  actor: Actor,
  { jobIds, filter }: Targets,
  { finished }: { finished: boolean },
): Promise<number[]> {
  if (filter === undefined) return distinct(jobIds ?? []);
  const owner = ownLogin(actor, filter.owner);
  const wanted = { ...filter, ...(owner !== undefined && { owner }), unfinished: !finished };
  const unknown = await findUnknownName(sql, wanted);
  if (unknown !== undefined) throw new SchedulerError("not_found", `There is no ${unknown} ${wanted[unknown]}.`);
  const found = await selectTargets(sql, wanted, MOST_TARGETS + 1);
  if (found.length <= MOST_TARGETS) return found;
  const count = await countTargets(sql, wanted, COUNTED + 1);
  const many = count > COUNTED ? "more than 100,000" : count.toLocaleString("en");
  throw new SchedulerError(
    "invalid",
    `This filter matches ${many} jobs, and a command takes at most 10,000; name more filters, such as a push, a builder or a state.`,
  );
}

function distinct(jobIds: readonly number[]): number[] {
  return [...new Set(jobIds)].sort((a, b) => a - b);
}
