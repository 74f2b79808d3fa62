import type { Role, TokenScope } from "../contracts/me.ts";
import type { Database } from "../db/sql.ts";
import type { Actor } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { type CookieOptions, cookieNames, readSessionCookie } from "./session-cookie.ts";
import { findSession, type KnownUser } from "./sessions.ts";
import { verifyToken } from "./tokens.ts";

/** What the question "who asks?" is answered with. */
export interface WhoAsksTools {
  sql: Database;
  cookies: CookieOptions;
  /** Reads a person's groups again when they are old; null when the directory no longer has the person. */
  fresh<User extends KnownUser>(user: User): Promise<User | null>;
  rolesOf(groups: readonly string[]): Promise<Role[]>;
}

/** Where a request came from and what it brought. */
export interface Credentials {
  /** The `Authorization` header. When there is one, cookies do not count. */
  authorization: string | null;
  /** The `Cookie` header; null where cookies are not accepted. */
  cookie: string | null;
  ip: string | null;
}

const SESSION_SCOPES: readonly TokenScope[] = ["read", "jobs:write"];
const BEARER = /^Bearer +(\S{1,4096})$/i;

/** Who asks, by a bearer token or else by the session cookie. Throws `unauthenticated` when nobody does. */
export async function whoAsks(tools: WhoAsksTools, credentials: Credentials): Promise<Actor> {
  if (credentials.authorization !== null) return byToken(tools, credentials.authorization, credentials.ip);
  const name = cookieNames(tools.cookies.secure).session;
  const value = cookieValue(credentials.cookie ?? "", name);
  const sessionId = value === null ? null : await readSessionCookie(value, tools.cookies);
  if (sessionId === null) throw new SchedulerError("unauthenticated", "Sign in, or send an API token as a bearer.");
  const actor = await bySession(tools, sessionId, credentials.ip);
  if (!actor) throw new SchedulerError("unauthenticated", "Your session has ended. Sign in again.");
  return actor;
}

/** The person whose session this is, or null when it has ended. */
export async function bySession(tools: WhoAsksTools, sessionId: string, ip: string | null): Promise<Actor | null> {
  const session = await findSession(tools.sql, sessionId);
  const user = session && (await tools.fresh(session));
  if (!user) return null;
  return toActor(tools, user, SESSION_SCOPES, `session:${user.sessionName}`, ip);
}

async function byToken(tools: WhoAsksTools, authorization: string, ip: string | null): Promise<Actor> {
  const text = BEARER.exec(authorization)?.[1];
  const token = text === undefined ? null : await verifyToken(tools.sql, text, ip);
  // one sentence for all of them: what was wrong with it is nobody's business but its owner's
  const refusal = "This API token is not valid: it is mistyped, expired, revoked, or its owner is gone.";
  if (!token) throw new SchedulerError("unauthenticated", refusal);
  const via = `token:${token.tokenId}`;
  if (!token.user) return { kind: "hook", name: token.name, scopes: token.scopes, via, ip };
  const user = await tools.fresh(token.user);
  if (!user) throw new SchedulerError("unauthenticated", refusal);
  return toActor(tools, user, token.scopes, via, ip);
}

async function toActor(
  tools: WhoAsksTools,
  user: KnownUser,
  scopes: readonly TokenScope[],
  via: string,
  ip: string | null,
): Promise<Actor> {
  const roles = await tools.rolesOf(user.groups);
  return { kind: "user", userId: user.userId, login: user.login, roles, scopes, via, ip };
}

function cookieValue(header: string, name: string): string | null {
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}
