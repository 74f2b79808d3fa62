import type { ConfigState, JobCounts, PusherSource } from "../../contracts/push.ts";

/** A push as `SELECT_PUSH` reads it, its jobs counted by how they stand. */
export interface PushRow {
  id: number;
  branch: string;
  repository: string;
  revision: string;
  parentRevision: string | null;
  forced: boolean;
  ownerId: number | null;
  ownerLogin: string | null;
  ownerName: string | null;
  pusherSource: PusherSource;
  pusherName: string | null;
  authorName: string;
  authorEmail: string;
  message: string;
  commitCount: number;
  pushedAt: Date;
  configState: ConfigState;
  counts: JobCounts;
}

/** Pushes as `p`; a job that is done counts under its result, any other under its state. */
export const SELECT_PUSH = `
  SELECT p.id, br.name AS branch, r.name AS repository, p.revision, p.parent_revision AS "parentRevision", p.forced,
    p.owner_id AS "ownerId", owner.login AS "ownerLogin", owner.name AS "ownerName",
    p.pusher_source AS "pusherSource", p.pusher_name AS "pusherName",
    p.author_name AS "authorName", p.author_email AS "authorEmail", p.message, p.commit_count AS "commitCount",
    p.pushed_at AS "pushedAt", p.config_state AS "configState",
    (SELECT coalesce(jsonb_object_agg(word, jobs), '{}') FROM (
      SELECT coalesce(j.result::text, j.state::text) AS word, count(*)::int AS jobs
      FROM jobs j WHERE j.push_id = p.id GROUP BY word) counted) AS counts
  FROM pushes p
  JOIN branches br ON br.id = p.branch_id
  JOIN repositories r ON r.id = br.repository_id
  LEFT JOIN users owner ON owner.id = p.owner_id`;
