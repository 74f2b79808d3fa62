import { createHash } from "node:crypto";
import { canonicalJson } from "../../db/to-jsonb.ts";

/** An audit row as it is hashed; times in ISO 8601. */
export interface AuditRow {
  id: number;
  userId: number | null;
  actor: string;
  via: string;
  fromIp: string | null;
  action: string;
  object: string;
  before: unknown;
  after: unknown;
  outcome: string;
  requestId: string | null;
  createdAt: Date;
}

/** The columns of an audit row, for a SELECT. */
export const AUDIT_COLUMNS = `id, user_id AS "userId", actor, via, from_ip AS "fromIp", action, object, before, after, outcome,
  request_id AS "requestId", created_at AS "createdAt"`;

/** What the first row of the chain points back to. */
export const CHAIN_START = "0".repeat(64);

/** The SHA-256 of a row at its place in the chain: over its canonical JSON, its number and the hash of the row before. */
export function auditHash(row: AuditRow, seq: number, prevHash: string): string {
  const { id, userId, actor, via, fromIp, action, object, before, after, outcome, requestId } = row;
  const createdAt = row.createdAt.toISOString();
  const said = {
    seq,
    prevHash,
    id,
    userId,
    actor,
    via,
    fromIp,
    action,
    object,
    before,
    after,
    outcome,
    requestId,
    createdAt,
  };
  return createHash("sha256").update(canonicalJson(said)).digest("hex");
}
