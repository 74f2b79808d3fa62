import type { RevokeTokenInput, Token } from "../contracts/me.ts";
import type { Actor, SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { record } from "../scheduler/record.ts";
import { TOKEN_COLUMNS, toToken } from "./tokens.ts";

type TokenRow = Parameters<typeof toToken>[0] & { userId: number | null; kind: string };

/**
 * Ends a token at once; repeating it changes nothing. On the page people end their own, and an admin those of everybody.
 * A token may end itself. One that the asker may not see is not found.
 */
export async function revokeToken(ctx: SchedulerContext, input: RevokeTokenInput): Promise<Token> {
  return ctx.sql.transaction(async (tx) => {
    const before = await tx.maybe<TokenRow>(
      `SELECT ${TOKEN_COLUMNS}, t.user_id AS "userId", t.kind FROM api_tokens t WHERE t.id = $1 FOR NO KEY UPDATE`,
      [input.tokenId],
    );
    if (!before || !maySee(ctx.actor, before)) {
      throw new SchedulerError("not_found", `There is no token ${input.tokenId} of yours.`);
    }
    if (before.revokedAt) return toToken(before);
    const after = await tx.one<TokenRow>(
      `UPDATE api_tokens t SET revoked_at = clock_timestamp() WHERE t.id = $1 RETURNING ${TOKEN_COLUMNS}`,
      [input.tokenId],
    );
    const object = `token:${input.tokenId}`;
    await record(tx, ctx, { audit: { action: "token.revoke", object, before: { name: before.name } } });
    return toToken(after);
  });
}

function maySee(actor: Actor, token: TokenRow): boolean {
  if (actor.via === `token:${token.id}`) return true;
  if (actor.kind !== "user" || !actor.via.startsWith("session:")) return false;
  return token.userId === actor.userId || actor.roles.includes("admin");
}
