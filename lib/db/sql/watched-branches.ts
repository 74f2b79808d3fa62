import type { Sql } from "../sql.ts";

/** A branch that the configuration names, with its repository. */
export interface WatchedBranch {
  id: number;
  name: string;
  ref: string;
  trustAuthors: boolean;
  /** The newest revision that has been recorded as a push. */
  headRevision: string | null;
  repository: { id: number; url: string };
}

/** A repository that the configuration names. */
export interface WatchedRepository {
  id: number;
  name: string;
  url: string;
  pollSeconds: number;
  pollError: string | null;
}

/** All repositories that are watched, by id. */
export function readWatchedRepositories(sql: Sql): Promise<WatchedRepository[]> {
  return sql.rows<WatchedRepository>({
    name: "watched-repositories",
    text: `SELECT id, name, url, poll_seconds AS "pollSeconds", poll_error AS "pollError"
           FROM repositories WHERE removed_at IS NULL ORDER BY id`,
  });
}

/** The repository of this name that is watched. */
export function readRepositoryByName(sql: Sql, name: string): Promise<WatchedRepository | undefined> {
  return sql.maybe<WatchedRepository>(
    {
      name: "repository-by-name",
      text: `SELECT id, name, url, poll_seconds AS "pollSeconds", poll_error AS "pollError"
             FROM repositories WHERE name = $1 AND removed_at IS NULL`,
    },
    [name],
  );
}

/** The watched branches of a repository, by id, with their heads as of now. */
export function readWatchedBranches(sql: Sql, repositoryId: number): Promise<WatchedBranch[]> {
  return sql.rows<WatchedBranch>(
    {
      name: "watched-branches",
      text: `
        SELECT b.id, b.name, b.ref, b.trust_authors AS "trustAuthors", b.head_revision AS "headRevision",
               json_build_object('id', r.id, 'url', r.url) AS repository
        FROM branches b JOIN repositories r ON r.id = b.repository_id
        WHERE r.id = $1 AND b.removed_at IS NULL AND r.removed_at IS NULL
        ORDER BY b.id`,
    },
    [repositoryId],
  );
}

/** Notes that the poller has looked, and why it could not see anything when it could not. */
export function notePoll(sql: Sql, repositoryId: number, error: string | null): Promise<number> {
  return sql.count(
    {
      name: "note-poll",
      text: "UPDATE repositories SET polled_at = clock_timestamp(), poll_error = $2 WHERE id = $1",
    },
    [repositoryId, error],
  );
}
