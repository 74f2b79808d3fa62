import type { Sql } from "../sql.ts";

/** Has a job, whose row is locked, run alone from now on. */
export async function setAlone(tx: Sql, jobId: number): Promise<void> {
  await tx.count({ name: "set-alone", text: "UPDATE jobs SET alone = true WHERE id = $1" }, [jobId]);
}
