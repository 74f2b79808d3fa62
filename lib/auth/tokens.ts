import type { NewToken, Token, TokenScope } from "../contracts/me.ts";
import type { Database, Sql } from "../db/sql.ts";
import { type KnownUser, USER_COLUMNS } from "./sessions.ts";
import { hashToken, newToken, parseToken, sameHash, type TokenKind } from "./token-format.ts";

/** What a new token is to be. */
export interface MintTokenInput {
  kind: TokenKind;
  /** Whose rights it has; null for a hook. */
  userId: number | null;
  name: string;
  scopes: readonly TokenScope[];
  /** At most 365. */
  expiresInDays: number;
}

/** A token that may be used, and for whom. */
export interface LiveToken {
  tokenId: number;
  kind: TokenKind;
  name: string;
  scopes: TokenScope[];
  /** Null for a hook. */
  user: KnownUser | null;
}

interface TokenRow {
  id: number;
  name: string;
  scopes: TokenScope[];
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** Columns of `api_tokens t` that make a `TokenRow`. */
export const TOKEN_COLUMNS = `t.id, t.name, t.scopes, t.created_at AS "createdAt", t.expires_at AS "expiresAt",
  t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt"`;

const FIND_TOKEN = {
  name: "find-token",
  text: `
    SELECT t.id AS "tokenId", t.kind, t.name AS "tokenName", t.hash, t.scopes, t.user_id AS "ownerId", ${USER_COLUMNS},
      u.disabled_at IS NOT NULL AS disabled,
      t.revoked_at IS NULL AND t.expires_at > clock_timestamp() AS usable,
      t.last_used_at IS NULL OR t.last_used_at < clock_timestamp() - interval '1 minute' AS touch
    FROM api_tokens t LEFT JOIN users u ON u.id = t.user_id
    WHERE t.public_id = $1`,
};

interface FoundToken extends Omit<KnownUser, "userId"> {
  userId: number | null;
  tokenId: number;
  kind: TokenKind;
  tokenName: string;
  hash: string;
  scopes: TokenScope[];
  ownerId: number | null;
  disabled: boolean;
  usable: boolean;
  touch: boolean;
}

/** Makes a token. Its text is in the answer and nowhere else: the database keeps a hash. */
export async function mintToken(tx: Sql, input: MintTokenInput): Promise<NewToken> {
  const { publicId, secret } = newToken(input.kind);
  const row = await tx.one<TokenRow>(
    `INSERT INTO api_tokens AS t (user_id, name, kind, public_id, hash, scopes, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp() + make_interval(days => $7))
     RETURNING ${TOKEN_COLUMNS}`,
    [input.userId, input.name, input.kind, publicId, hashToken(secret), input.scopes, input.expiresInDays],
  );
  return { ...toToken(row), secret };
}

/** The token with this text, or null when it is unknown, mistyped, expired, revoked, or its owner is gone. Notes the use, by the minute. */
export async function verifyToken(sql: Database, text: string, ip: string | null): Promise<LiveToken | null> {
  const parts = parseToken(text);
  if (!parts) return null;
  const found = await sql.maybe<FoundToken>(FIND_TOKEN, [parts.publicId]);
  const hash = hashToken(text);
  if (!sameHash(found?.hash ?? hashToken(parts.publicId), hash)) return null;
  if (!found?.usable || found.kind !== parts.kind || found.disabled) return null;
  if (found.touch) {
    await sql.count("UPDATE api_tokens SET last_used_at = clock_timestamp(), last_ip = $2 WHERE id = $1", [
      found.tokenId,
      ip,
    ]);
  }
  const { tokenId, kind, tokenName, scopes } = found;
  return { tokenId, kind, name: tokenName, scopes, user: toUser(found) };
}

/** A row as the contract shows it. */
export function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}

function toUser(found: FoundToken): KnownUser | null {
  const { userId, directoryId, login, name, mail, groups, stale } = found;
  return userId === null ? null : { userId, directoryId, login, name, mail, groups, stale };
}
