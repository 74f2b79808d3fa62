import type { Sql } from "../sql.ts";

/** A push as far as its pusher is concerned. */
export interface PusherRow {
  id: number;
  branchId: number;
  pusherSource: string;
  ownerId: number | null;
}

/** The newest push of this revision on this branch. */
export function findPush(sql: Sql, branchId: number, revision: string): Promise<PusherRow | undefined> {
  return sql.maybe<PusherRow>(
    {
      name: "find-push",
      text: `
        SELECT id, branch_id AS "branchId", pusher_source AS "pusherSource", owner_id AS "ownerId"
        FROM pushes WHERE branch_id = $1 AND revision = $2 ORDER BY id DESC LIMIT 1`,
    },
    [branchId, revision],
  );
}

/** Says who pushed, when no hook has said so before: the push, and those of its jobs that belonged to whom it belonged to. */
export async function namePusher(tx: Sql, pushId: number, login: string, ownerId: number | null): Promise<boolean> {
  const push = await tx.maybe<{ ownerId: number | null }>(
    `SELECT owner_id AS "ownerId" FROM pushes WHERE id = $1 AND pusher_source <> 'hook' FOR NO KEY UPDATE`,
    [pushId],
  );
  if (!push) return false;
  await tx.count("UPDATE pushes SET pusher_source = 'hook', pusher_name = $2, owner_id = $3 WHERE id = $1", [
    pushId,
    login,
    ownerId,
  ]);
  await ownJobs(tx, [pushId], push.ownerId, ownerId);
  return true;
}

/** Gives a user the pushes that name them and that nobody owns, with their jobs; by hook under their login, by author under their mail. */
export async function ownUnowned(
  tx: Sql,
  user: { id: number; login: string; mail: string | null },
): Promise<{ id: number; branchId: number }[]> {
  const pushes = await tx.rows<{ id: number; branchId: number }>(
    `SELECT id, branch_id AS "branchId" FROM pushes
     WHERE owner_id IS NULL
       AND lower(pusher_name) = ANY (ARRAY[lower($1), lower($2)])
       AND (pusher_source = 'hook' AND lower(pusher_name) = lower($1)
            OR pusher_source = 'author' AND lower(pusher_name) = lower($2)
               AND NOT EXISTS (SELECT FROM users WHERE mail = lower($2) AND id <> $3))
     ORDER BY id FOR NO KEY UPDATE`,
    [user.login, user.mail, user.id],
  );
  const ids = pushes.map((push) => push.id);
  await tx.count("UPDATE pushes SET owner_id = $2 WHERE id = ANY ($1::bigint[])", [ids, user.id]);
  await ownJobs(tx, ids, null, user.id);
  return pushes;
}

/** Jobs by ascending id: the lock order. */
async function ownJobs(
  tx: Sql,
  pushIds: readonly number[],
  before: number | null,
  after: number | null,
): Promise<void> {
  await tx.count(
    `WITH mine AS (
       SELECT id FROM jobs WHERE push_id = ANY ($1::bigint[]) AND owner_id IS NOT DISTINCT FROM $2
       ORDER BY id FOR NO KEY UPDATE
     )
     UPDATE jobs j SET owner_id = $3 FROM mine WHERE j.id = mine.id`,
    [pushIds, before, after],
  );
}

/** The user of this login who may still sign in. */
export async function findUserByLogin(sql: Sql, login: string): Promise<number | null> {
  const rows = await sql.rows<{ id: number }>(
    "SELECT id FROM users WHERE lower(login) = lower($1) AND disabled_at IS NULL ORDER BY login = $1 DESC, id LIMIT 1",
    [login],
  );
  return rows[0]?.id ?? null;
}

/** The one user of this mail who may still sign in; null when there is none, or more than one. */
export async function findUserByMail(sql: Sql, mail: string): Promise<number | null> {
  const rows = await sql.rows<{ id: number }>(
    "SELECT id FROM users WHERE mail = lower($1) AND disabled_at IS NULL LIMIT 2",
    [mail],
  );
  const [only, another] = rows;
  return only && !another ? only.id : null;
}
