import type { JobCounts, Push } from "../contracts/push.ts";
import type { PushRow } from "./sql/select-pushes.ts";
import { toTimestamp } from "./to-timestamp.ts";
import { toUserRef } from "./to-user-ref.ts";

const NO_JOBS: JobCounts = {
  blocked: 0,
  queued: 0,
  running: 0,
  success: 0,
  warnings: 0,
  failure: 0,
  skipped: 0,
  exception: 0,
  cancelled: 0,
};

/** The contract of a push's row. */
export function toPush(row: PushRow): Push {
  return {
    id: row.id,
    branch: row.branch,
    repository: row.repository,
    revision: row.revision,
    parentRevision: row.parentRevision,
    forced: row.forced,
    owner: toUserRef(row.ownerId, row.ownerLogin, row.ownerName),
    pusherSource: row.pusherSource,
    pusherName: row.pusherName,
    authorName: row.authorName,
    authorEmail: row.authorEmail,
    message: row.message,
    commitCount: row.commitCount,
    pushedAt: toTimestamp(row.pushedAt),
    configState: row.configState,
    counts: { ...NO_JOBS, ...row.counts },
  };
}
