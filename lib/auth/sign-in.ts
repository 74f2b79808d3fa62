import type { Role } from "../contracts/me.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { record } from "../scheduler/record.ts";
import type { DirectoryUser } from "./directory.ts";
import { type LoginFault, type LoginTools, login } from "./login.ts";
import { startSession } from "./sessions.ts";
import { upsertUser } from "./users.ts";

/** What signing a person in needs. */
export interface SignInTools extends LoginTools {
  ctx: SchedulerContext;
  rolesOf(groups: readonly string[]): Promise<Role[]>;
  /** Called after every login: what was pushed under their name meanwhile, and is nobody's, becomes theirs. */
  welcome(ctx: SchedulerContext, user: { id: number; login: string; mail: string | null }): Promise<unknown>;
  report(error: unknown): void;
}

/** What a person brings. */
export interface SignInInput {
  login: unknown;
  password: unknown;
  ip: string;
  userAgent: string | null;
}

/** Signs a person in by the directory: the secret id of a new session, or the fixed word that says why not. */
export async function signIn(
  tools: SignInTools,
  input: SignInInput,
): Promise<{ sessionId: string } | { fault: LoginFault }> {
  const outcome = await login(tools, input);
  if (!outcome.ok) return { fault: outcome.fault };
  const { user } = outcome;
  const roles = await tools.rolesOf(user.groups);
  const { sessionId, userId } = await open(tools.ctx, user, roles, input);
  try {
    await tools.welcome(tools.ctx, { id: userId, login: user.login, mail: user.mail });
  } catch (error) {
    tools.report(error); // nobody is kept out because of it; the next login tries again
  }
  return { sessionId };
}

function open(ctx: SchedulerContext, user: DirectoryUser, roles: readonly Role[], { ip, userAgent }: SignInInput) {
  return ctx.sql.transaction(async (tx) => {
    const { userId } = await upsertUser(tx, user, roles);
    const sessionId = await startSession(tx, { userId, ip, userAgent });
    const actor = { kind: "user", userId, login: user.login, roles, scopes: [], via: "login", ip } as const;
    const after = { groups: user.groups, roles };
    await record(tx, { ...ctx, actor }, { audit: { action: "session.start", object: `user:${userId}`, after } });
    return { sessionId, userId };
  });
}
