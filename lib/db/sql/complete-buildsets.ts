import type { Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** A set whose jobs are all done. */
interface Finished {
  id: number;
  results: Result[];
}

// For one set and for many: an array is planned anew at every call, one id is not.
const forIds = (many: boolean) => {
  const [name, mine] = many ? ["buildsets", "s.id = ANY ($1::bigint[])"] : ["buildset", "s.id = $1::bigint"];
  return {
    lock: { name: `lock-${name}`, text: `SELECT s.id FROM buildsets s WHERE ${mine} ORDER BY s.id FOR NO KEY UPDATE` },
    finished: {
      name: `finished-${name}`,
      text: `
        SELECT s.id, (SELECT array_agg(DISTINCT j.result::text) FROM jobs j WHERE j.buildset_id = s.id) AS results
        FROM buildsets s
        WHERE ${mine} AND s.completed_at IS NULL
          AND (SELECT j.id FROM jobs j WHERE j.buildset_id = s.id AND j.state <> 'done' LIMIT 1) IS NULL`,
    },
  };
};
const ONE = forIds(false);
const MANY = forIds(true);

/**
 * Completes those of the sets whose jobs are all done, with the result that `combine` makes of theirs. The sets are locked first, so that
 * of two jobs that end at once the second one sees the first.
 */
export async function completeBuildsets(
  tx: Sql,
  buildsetIds: readonly number[],
  combine: (results: readonly Result[]) => Result,
): Promise<void> {
  const ids = [...new Set(buildsetIds)];
  if (ids.length === 0) return;
  await lockBuildsets(tx, ids);
  const { finished: readFinished } = ids.length === 1 ? ONE : MANY;
  const values = ids.length === 1 ? ids : [ids];
  const finished = await tx.rows<Finished>(readFinished, values);
  for (const { id, results } of finished) {
    await tx.count(
      {
        name: "complete-buildset",
        text: "UPDATE buildsets SET completed_at = clock_timestamp(), result = $2::result WHERE id = $1 AND completed_at IS NULL",
      },
      [id, combine(results)],
    );
  }
}

/** Locks buildsets by ascending id. After the jobs and runs in the lock order. */
export async function lockBuildsets(tx: Sql, buildsetIds: readonly number[]): Promise<void> {
  const ids = [...new Set(buildsetIds)];
  if (ids.length === 0) return;
  await (ids.length === 1 ? tx.rows(ONE.lock, ids) : tx.rows(MANY.lock, [ids]));
}
