import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** A suite of a repository, split into so many chunks. */
export interface SplitSuite {
  repositoryId: number;
  suite: string;
  chunks: number;
}

/** The newest plan of a suite: how old it is by the database's clock, and how many parts had been measured when it was made. */
export interface StoredPlan {
  id: number;
  ageHours: number;
  measured: number;
}

/** Any number, the same in every process: plans of one suite are made one after the other. */
const PLAN_LOCK = 7_461_003;

/** Waits for whoever else makes a plan of the suite; held to the end of the transaction. */
export async function lockPlans(tx: Sql, { repositoryId, suite, chunks }: SplitSuite): Promise<void> {
  await tx.rows({ name: "lock-chunk-plans", text: "SELECT pg_advisory_xact_lock($1, hashtext($2))" }, [
    PLAN_LOCK,
    `${repositoryId}/${chunks}/${suite}`,
  ]);
}

/** The newest plan of the suite for so many chunks. */
export function readNewestPlan(sql: Sql, { repositoryId, suite, chunks }: SplitSuite): Promise<StoredPlan | undefined> {
  return sql.maybe<StoredPlan>(
    {
      name: "read-newest-chunk-plan",
      text: `
        SELECT id, measured, (extract(epoch FROM clock_timestamp() - created_at) / 3600)::float8 AS "ageHours"
        FROM chunk_plans WHERE repository_id = $1 AND suite = $2 AND chunks = $3 ORDER BY id DESC LIMIT 1`,
    },
    [repositoryId, suite, chunks],
  );
}

/** Stores a plan. */
export async function insertPlan(
  tx: Sql,
  { repositoryId, suite, chunks }: SplitSuite,
  { plan, measured }: { plan: { parts: string[][]; ms: number[] }; measured: number },
): Promise<number> {
  const { id } = await tx.one<{ id: number }>(
    {
      name: "insert-chunk-plan",
      text: `INSERT INTO chunk_plans (repository_id, suite, chunks, plan, measured)
             VALUES ($1, $2, $3, $4::jsonb, $5) RETURNING id`,
    },
    [repositoryId, suite, chunks, toJsonb(plan), measured],
  );
  return id;
}
