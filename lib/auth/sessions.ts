import { createHash, randomBytes } from "node:crypto";
import type { Database, Sql } from "../db/sql.ts";

/** A session ends this long after its last request, in hours. */
export const SESSION_IDLE_HOURS = 8;
/** A session ends this long after the login, in hours. */
export const SESSION_MAX_HOURS = 24;

/** Groups older than this are read from the directory again, in seconds; a removed person loses access at most 15 minutes later. */
const GROUPS_MAX_AGE_SECONDS = 600;

/** A person as the database knows them. */
export interface KnownUser {
  userId: number;
  directoryId: string;
  login: string;
  name: string;
  mail: string | null;
  groups: string[];
  /** The groups are old enough to be read again. */
  stale: boolean;
}

/** A session that is alive, and whose it is. */
export interface LiveSession extends KnownUser {
  /** The first digits of the id's hash: names the session in the audit, opens nothing. */
  sessionName: string;
  expiresAt: Date;
}

/** Columns of `users u` that make a `KnownUser`. */
export const USER_COLUMNS = `u.id AS "userId", u.directory_id AS "directoryId", u.login, u.name, u.mail, u.groups,
  u.groups_read_at < clock_timestamp() - interval '${GROUPS_MAX_AGE_SECONDS} seconds' AS stale`;

const FIND_SESSION = {
  name: "find-session",
  text: `
    SELECT ${USER_COLUMNS}, s.expires_at AS "expiresAt",
      s.last_seen_at < clock_timestamp() - interval '1 minute' AS touch
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()
      AND s.last_seen_at > clock_timestamp() - interval '${SESSION_IDLE_HOURS} hours' AND u.disabled_at IS NULL`,
};

/** Opens a session for a person who has just proved who they are. Returns its secret id, which only the cookie carries. */
export async function startSession(
  tx: Sql,
  from: { userId: number; ip: string | null; userAgent: string | null },
): Promise<string> {
  const sessionId = randomBytes(32).toString("base64url");
  await tx.count(
    `INSERT INTO sessions (id_hash, user_id, ip, user_agent, created_at, last_seen_at, expires_at)
     VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '${SESSION_MAX_HOURS} hours')`,
    [hashOf(sessionId), from.userId, from.ip, from.userAgent?.slice(0, 300) ?? null],
  );
  return sessionId;
}

/** The live session with this id, or null when it is unknown, ended, idle for 8 hours, 24 hours old, or its user is gone. */
export async function findSession(sql: Database, sessionId: string): Promise<LiveSession | null> {
  const idHash = hashOf(sessionId);
  const row = await sql.maybe<KnownUser & { expiresAt: Date; touch: boolean }>(FIND_SESSION, [idHash]);
  if (!row) return null;
  const { touch, ...session } = row;
  if (touch) await sql.count("UPDATE sessions SET last_seen_at = clock_timestamp() WHERE id_hash = $1", [idHash]);
  return { ...session, sessionName: idHash.slice(0, 12) };
}

/** Ends a session at once, also for copies of its cookie. */
export async function endSession(sql: Sql, sessionId: string): Promise<void> {
  await sql.count("UPDATE sessions SET revoked_at = clock_timestamp() WHERE id_hash = $1 AND revoked_at IS NULL", [
    hashOf(sessionId),
  ]);
}

function hashOf(sessionId: string): string {
  return createHash("sha256").update(sessionId).digest("hex");
}
