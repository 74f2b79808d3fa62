import { z } from "zod";
import { Id, Login, Timestamp } from "./id.ts";

export const Role = z.enum(["developer", "sheriff", "admin"]);
export type Role = z.infer<typeof Role>;

/** The person who asks. */
export const Me = z.object({
  id: Id,
  login: Login,
  name: z.string(),
  mail: z.string().nullable(),
  roles: z.array(Role),
});
export type Me = z.infer<typeof Me>;

/** What a token may do: read everything its user may, change jobs, or tell of pushes (hooks only). */
export const TokenScope = z.enum(["read", "jobs:write", "pushes:write"]);
export type TokenScope = z.infer<typeof TokenScope>;

export const CreateTokenInput = z.object({
  name: z.string().trim().min(1, "Give the token a name.").max(100),
  scopes: z.array(TokenScope).min(1, "Choose at least one scope.").default(["read", "jobs:write"]),
  expiresInDays: z.int().min(1).max(365).default(90),
});
export type CreateTokenInput = z.infer<typeof CreateTokenInput>;

export const Token = z.object({
  id: Id,
  name: z.string(),
  scopes: z.array(TokenScope),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
});
export type Token = z.infer<typeof Token>;

/** A token just made; `secret` is shown this once. */
export const NewToken = Token.extend({ secret: z.string() });
export type NewToken = z.infer<typeof NewToken>;

export const RevokeTokenInput = z.object({ tokenId: Id });
export type RevokeTokenInput = z.infer<typeof RevokeTokenInput>;
