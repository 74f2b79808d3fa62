import type { Commit, PusherSource } from "../../contracts/push.ts";
import type { Sql } from "../sql.ts";
import { cleanText, toJsonb } from "../to-jsonb.ts";
import { findPush } from "./own-pushes.ts";

/** A push to be written. */
export interface NewPush {
  revision: string;
  parentRevision: string | null;
  forced: boolean;
  pusherSource: PusherSource;
  pusherName: string | null;
  ownerId: number | null;
  /** The tip. */
  authorName: string;
  authorEmail: string;
  authoredAt: Date;
  message: string;
  commits: readonly Commit[];
  commitCount: number;
  files: readonly string[];
  fileCount: number;
}

const MOVE_HEAD = {
  name: "move-head",
  text: `
    UPDATE branches SET head_revision = $3
    WHERE id = $1 AND removed_at IS NULL AND head_revision IS NOT DISTINCT FROM $2`,
};

const INSERT_PUSH = {
  name: "insert-push",
  text: `
    INSERT INTO pushes (branch_id, revision, parent_revision, forced, pusher_source, pusher_name, owner_id, author_name,
                        author_email, authored_at, message, commits, commit_count, files, file_count, pushed_at)
    VALUES ($1, $2, $3, $4, $5::pusher_source, $6, $7, $8, $9, $10, $11, $12::jsonb, $13, $14::text[], $15, clock_timestamp())
    RETURNING id`,
};

/**
 * Moves a branch's head from `before` to `head` and writes the push; null, and nothing done, when the head is elsewhere. A push that the
 * branch has left already does not move it; then null also says that the revision has its push.
 */
export async function insertPush(
  tx: Sql,
  branchId: number,
  { before, head }: { before: string | null; head: string | null },
  push: NewPush,
): Promise<number | null> {
  if ((await tx.count(MOVE_HEAD, [branchId, before, head])) === 0) return null;
  if (head !== push.revision && (await findPush(tx, branchId, push.revision))) return null;
  const { id } = await tx.one<{ id: number }>(INSERT_PUSH, [
    branchId,
    push.revision,
    push.parentRevision,
    push.forced,
    push.pusherSource,
    push.pusherName,
    push.ownerId,
    cleanText(push.authorName),
    cleanText(push.authorEmail),
    push.authoredAt,
    cleanText(push.message),
    toJsonb(push.commits),
    push.commitCount,
    push.files.map(cleanText),
    push.fileCount,
  ]);
  return id;
}
