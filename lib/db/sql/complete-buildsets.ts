import type { Result } from "../../contracts/job.ts";
import type { Sql } from "../sql.ts";

/** A set whose jobs are all done. */
interface Finished {
  id: number;
  results: Result[];
}

/**
 * Completes those of the sets whose jobs are all done, with the result that `combine` makes of theirs. The sets are locked first, so that
 * of two jobs that end at once the second one sees the first.
 */
export async function completeBuildsets(
  tx: Sql,
  buildsetIds: readonly number[],
  combine: (results: readonly Result[]) => Result,
): Promise<void> {
  const lock = {
    name: "lock-buildsets",
    text: "SELECT id FROM buildsets WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE",
  };
  await tx.rows(lock, [[...new Set(buildsetIds)]]);
  const finished = await tx.rows<Finished>(
    {
      name: "finished-buildsets",
      text: `
        SELECT s.id, (SELECT array_agg(DISTINCT j.result::text) FROM jobs j WHERE j.buildset_id = s.id) AS results
        FROM buildsets s
        WHERE s.id = ANY ($1::bigint[]) AND s.completed_at IS NULL
          AND (SELECT j.id FROM jobs j WHERE j.buildset_id = s.id AND j.state <> 'done' LIMIT 1) IS NULL`,
    },
    [buildsetIds],
  );
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
