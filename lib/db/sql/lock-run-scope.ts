import type { Sql } from "../sql.ts";
import { type LockedJob, lockReach } from "./lock-jobs.ts";
import { type ProtocolRun, RUN_COLUMNS } from "./lock-run.ts";

/** A run as it is committed, unlocked, with what its end would touch. */
export interface SeenRun extends ProtocolRun {
  /** The jobs that it serves or served. */
  memberIds: number[];
  /** They and all that wait for them, directly or through others. */
  reach: number[];
  /** Whether its builder is worth going back to where it was built last. */
  affine: boolean;
}

/** A run and everything that its end touches, locked. */
export interface LockedScope {
  run: ProtocolRun;
  members: { jobId: number; live: boolean }[];
  locked: LockedJob[];
}

const READ = {
  name: "read-run-scope",
  text: `
    WITH RECURSIVE reach (id) AS (
      SELECT job_id FROM run_members WHERE run_id = $1
      UNION
      SELECT d.job_id FROM reach r JOIN job_dependencies d ON d.needs_job_id = r.id
    )
    SELECT ${RUN_COLUMNS},
           ARRAY (SELECT job_id FROM run_members WHERE run_id = $1 ORDER BY job_id) AS "memberIds",
           ARRAY (SELECT reach.id FROM reach ORDER BY reach.id) AS reach,
           (SELECT j.definition->>'affinity' IS NOT DISTINCT FROM 'objdir' FROM jobs j WHERE j.id = lead_job_id) AS affine
    FROM runs WHERE id = $1`,
};

// The members are read with the run: whoever takes one out holds its job, which is locked by now.
const LOCK = {
  name: "lock-run-scope",
  text: `
    SELECT ${RUN_COLUMNS}, (
      SELECT jsonb_agg(jsonb_build_object('jobId', m.job_id, 'live', m.live) ORDER BY m.job_id)
      FROM run_members m WHERE m.run_id = runs.id) AS members
    FROM runs WHERE id = $1 FOR NO KEY UPDATE`,
};

/** A first look at a run before the locks; undefined when there is none. */
export function readRunScope(sql: Sql, runId: number): Promise<SeenRun | undefined> {
  return sql.maybe<SeenRun>(READ, [runId]);
}

/** Locks the run's jobs with all that wait for them, then the run, which may have changed since it was seen. */
export async function lockRunScope(tx: Sql, seen: SeenRun): Promise<LockedScope> {
  const locked = await lockReach(tx, seen.memberIds, seen.reach);
  const { members, ...run } = await tx.one<ProtocolRun & Pick<LockedScope, "members">>(LOCK, [seen.id]);
  return { run, members, locked };
}
