import type { CreateTokenInput, NewToken } from "../contracts/me.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { record } from "../scheduler/record.ts";
import { requireSession } from "./require-session.ts";
import { mintToken } from "./tokens.ts";

/**
 * Makes a token for the person who asks, or, with the scope `pushes:write` alone, one for a push hook, which only an admin may.
 * Only a session may: a token that leaks cannot make another one.
 */
export async function createToken(ctx: SchedulerContext, input: CreateTokenInput): Promise<NewToken> {
  const user = requireSession(ctx.actor, "make a token");
  const scopes = [...new Set(input.scopes)];
  const forHook = scopes.includes("pushes:write");
  if (forHook && !user.roles.includes("admin")) {
    throw new SchedulerError(
      "forbidden",
      "A token that tells of pushes names their pushers, so only an admin may make one.",
    );
  }
  if (forHook && scopes.length > 1) {
    throw new SchedulerError(
      "invalid",
      "A token with the scope pushes:write belongs to a hook and has no other scope.",
    );
  }
  return ctx.sql.transaction(async (tx) => {
    const token = await mintToken(tx, {
      kind: forHook ? "hook" : "user",
      userId: forHook ? null : user.userId,
      name: input.name,
      scopes,
      expiresInDays: input.expiresInDays,
    });
    const after = { name: token.name, scopes, expiresAt: token.expiresAt };
    await record(tx, ctx, { audit: { action: "token.create", object: `token:${token.id}`, after } });
    return token;
  });
}
