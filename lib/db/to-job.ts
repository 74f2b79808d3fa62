import type { BuilderKind, Job, JobState, Result, RunState } from "../contracts/job.ts";
import type * as enums from "./generated/enums.ts";
import type { JobListRow } from "./sql/select-jobs.ts";
import { toUserRef } from "./to-user-ref.ts";

/** Compiles only while the database's words and the contract's are the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const _sameWords: [
  Same<enums.JobState, JobState>,
  Same<enums.Result, Result>,
  Same<enums.RunState, RunState>,
  Same<enums.BuilderKind, BuilderKind>,
] = [true, true, true, true];

/** A job row as the contract has it. */
export function toJob(row: JobListRow): Job {
  return {
    id: row.id,
    buildsetId: row.buildsetId,
    pushId: row.pushId,
    branch: row.branch,
    revision: row.revision,
    builder: row.builder,
    platform: row.platform,
    kind: row.kind,
    pool: row.pool,
    owner: toUserRef(row.ownerId, row.ownerLogin, row.ownerName),
    state: row.state,
    result: row.result,
    reason: row.reason,
    priority: row.priority,
    rank: row.basePriority + row.priority,
    boost: toBoost(row),
    submittedAt: row.submittedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    retriggerOf: row.retriggerOf,
    runId: row.runId,
    builtRevision: row.runRevision === row.revision ? null : row.runRevision,
  };
}

function toBoost({ boostUntil, boostFrom, boostReason }: JobListRow): Job["boost"] {
  if (boostUntil === null || boostFrom === null) return null;
  return { until: boostUntil.toISOString(), from: boostFrom, reason: boostReason ?? "" };
}
