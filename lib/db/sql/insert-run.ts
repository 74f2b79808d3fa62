import type { MergeReceipt } from "../../contracts/merging.ts";
import type { Placement } from "../../contracts/placement.ts";
import type { Sql } from "../sql.ts";
import { toJsonb } from "../to-jsonb.ts";

/** An attempt to be made; the first member is the base. */
export interface NewRun {
  workerId: number;
  bootId: string;
  slot: number;
  claimId: string;
  leaseSeconds: number;
  members: readonly { jobId: number; receipt: MergeReceipt }[];
  /** The member whose revision, properties and needs the run has; the base unless told otherwise. */
  leadJobId?: number;
  /** Why this worker gets it. */
  placement?: Placement;
}

/** Writes a run with its members, live, with a lease by the database's clock. The revision is the lead's, the pool the base's. */
export async function insertRun(tx: Sql, run: NewRun): Promise<number> {
  const [base] = run.members;
  if (!base) throw new Error("A run serves at least one job.");
  const members = run.members.map(({ jobId, receipt }) => ({ job_id: jobId, receipt }));
  const rows = await tx.rows<{ runId: number }>(
    {
      name: "insert-run",
      text: `
        WITH run AS (
          INSERT INTO runs (worker_id, boot_id, slot, claim_id, base_job_id, lead_job_id, pool_id, revision, exclusive,
                            placement, lease_until)
          SELECT $1, $2, $3, $4, j.id, l.id, j.pool_id, s.revision, j.exclusive, $9::jsonb,
                 clock_timestamp() + make_interval(secs => $5::float8)
          FROM jobs j, jobs l JOIN buildsets s ON s.id = l.buildset_id
          WHERE j.id = $6 AND l.id = $8
          RETURNING id
        )
        INSERT INTO run_members (run_id, job_id, receipt)
        SELECT run.id, m.job_id, m.receipt
        FROM run, jsonb_to_recordset($7::jsonb) AS m(job_id bigint, receipt jsonb)
        RETURNING run_id AS "runId"`,
    },
    [
      run.workerId,
      run.bootId,
      run.slot,
      run.claimId,
      run.leaseSeconds,
      base.jobId,
      toJsonb(members),
      run.leadJobId ?? base.jobId,
      toJsonb(run.placement ?? {}),
    ],
  );
  const [row] = rows;
  if (!row) throw new Error(`Job ${base.jobId} has vanished while it was locked.`);
  return row.runId;
}
