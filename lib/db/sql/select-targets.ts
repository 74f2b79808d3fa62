import type { JobFilter } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** Which jobs a command is for. `unfinished`: only those that are not done. */
export interface TargetFilter extends JobFilter {
  unfinished: boolean;
}

/** What a filter names, with the condition on a job and where that name must be found. */
const FILTERS: Record<keyof JobFilter, { condition: (place: string) => string; named?: (place: string) => string }> = {
  push: {
    condition: (place) => `j.push_id = ${place}::bigint`,
    named: (place) => `SELECT FROM pushes WHERE id = ${place}::bigint`,
  },
  branch: {
    condition: (place) => `j.branch_id = (SELECT id FROM branches WHERE name = ${place})`,
    named: (place) => `SELECT FROM branches WHERE name = ${place}`,
  },
  builder: {
    condition: (place) => `j.builder_id = ANY (ARRAY (SELECT id FROM builders WHERE name = ${place}))`,
    named: (place) => `SELECT FROM builders WHERE name = ${place}`,
  },
  pool: {
    condition: (place) => `j.pool_id = (SELECT id FROM pools WHERE name = ${place})`,
    named: (place) => `SELECT FROM pools WHERE name = ${place}`,
  },
  owner: {
    condition: (place) => `j.owner_id = (SELECT id FROM users WHERE login = ${place})`,
    named: (place) => `SELECT FROM users WHERE login = ${place}`,
  },
  state: { condition: (place) => `j.state = ${place}::job_state` },
  result: { condition: (place) => `j.result = ${place}::result` },
};

/** The ids of the jobs that match, ascending, at most `limit`. */
export async function selectTargets(sql: Sql, filter: TargetFilter, limit: number): Promise<number[]> {
  const { where, values } = conditionsOf(filter);
  const text = `SELECT j.id FROM jobs j WHERE ${where} ORDER BY j.id LIMIT $${values.length + 1}`;
  return (await sql.rows<{ id: number }>(text, [...values, limit])).map((row) => row.id);
}

/** How many jobs match, counted up to `most`. */
export async function countTargets(sql: Sql, filter: TargetFilter, most: number): Promise<number> {
  const { where, values } = conditionsOf(filter);
  const text = `SELECT count(*) FROM (SELECT FROM jobs j WHERE ${where} LIMIT $${values.length + 1}) AS matching`;
  return (await sql.one<{ count: number }>(text, [...values, most])).count;
}

/** The first thing that the filter names and that does not exist. */
export async function findUnknownName(sql: Sql, filter: JobFilter): Promise<keyof JobFilter | undefined> {
  for (const [key, value] of entriesOf(filter)) {
    const named = FILTERS[key].named;
    if (named && (await sql.maybe(`SELECT 1 AS found WHERE EXISTS (${named("$1")})`, [value])) === undefined)
      return key;
  }
  return undefined;
}

function conditionsOf({ unfinished, ...filter }: TargetFilter): { where: string; values: unknown[] } {
  const given = entriesOf(filter);
  const conditions = given.map(([key], index) => FILTERS[key].condition(`$${index + 1}`));
  if (unfinished) conditions.push("j.state <> 'done'");
  return { where: conditions.join(" AND "), values: given.map(([, value]) => value) };
}

function entriesOf(filter: JobFilter): [keyof JobFilter, string | number][] {
  return (Object.keys(FILTERS) as (keyof JobFilter)[]).flatMap((key) => {
    const value = filter[key];
    return value === undefined ? [] : [[key, value] satisfies [keyof JobFilter, string | number]];
  });
}
