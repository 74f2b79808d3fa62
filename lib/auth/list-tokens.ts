import type { Token } from "../contracts/me.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { requirePermission } from "../scheduler/permissions.ts";
import { TOKEN_COLUMNS, toToken } from "./tokens.ts";

/** The tokens of the person who asks, newest first, at most 500; for an admin also those of the push hooks. Never a secret. */
export async function listTokens(ctx: SchedulerContext): Promise<Token[]> {
  requirePermission(ctx.actor, "read");
  if (ctx.actor.kind !== "user") return [];
  const rows = await ctx.sql.rows<Parameters<typeof toToken>[0]>(
    `SELECT ${TOKEN_COLUMNS} FROM api_tokens t
     WHERE t.user_id = $1 OR ($2 AND t.kind = 'hook') ORDER BY t.id DESC LIMIT 500`,
    [ctx.actor.userId, ctx.actor.roles.includes("admin")],
  );
  return rows.map(toToken);
}
