import { isLogin, isPassword } from "./credentials.ts";
import type { Directory, DirectoryUser } from "./directory.ts";
import type { LoginLimits } from "./login-limits.ts";

/** Why a login failed, as the fixed word that may stand in an address. */
export type LoginFault = "wrong" | "limited" | "unavailable";

/** What came of a login. */
export type LoginOutcome =
  | { ok: true; user: DirectoryUser }
  | { ok: false; fault: LoginFault; retryAfterSeconds?: number };

/** What a login needs. */
export interface LoginTools {
  directory: Pick<Directory, "authenticate">;
  limits: LoginLimits;
  /** Every refusal takes at least this long, so that its time does not tell an unknown name from a wrong password. */
  refusalMs: number;
}

/** Asks the directory whether this is who they say; bad characters, an unknown name and a wrong password are told alike. */
export async function login(
  { directory, limits, refusalMs }: LoginTools,
  input: { login: unknown; password: unknown; ip: string },
): Promise<LoginOutcome> {
  const startedAt = performance.now();
  const name = isLogin(input.login) ? input.login : null;
  const retryAfterSeconds = await limits.take(name ?? "?", input.ip);
  if (retryAfterSeconds !== null) return { ok: false, fault: "limited", retryAfterSeconds };
  if (name === null || !isPassword(input.password)) return refuse(startedAt, refusalMs);

  let user: DirectoryUser | null;
  try {
    user = await directory.authenticate(name, input.password);
  } catch {
    await limits.giveBack(name, input.ip, false);
    return { ok: false, fault: "unavailable" };
  }
  if (!user) return refuse(startedAt, refusalMs);
  await limits.giveBack(name, input.ip, true);
  return { ok: true, user };
}

async function refuse(startedAt: number, refusalMs: number): Promise<LoginOutcome> {
  const rest = refusalMs - (performance.now() - startedAt);
  if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  return { ok: false, fault: "wrong" };
}
