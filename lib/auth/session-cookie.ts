import { decode, encode, type JWT } from "next-auth/jwt";

/** How cookies are made: `secure` where people come by https, `secrets` the current one first, then those that still count. */
export interface CookieOptions {
  secure: boolean;
  secrets: readonly string[];
}

const SESSION_ID = /^[A-Za-z0-9_-]{43}$/;

/** The names of the cookies; `__Host-` binds them to this host and to https, which a browser refuses on plain http. */
export function cookieNames(secure: boolean) {
  const prefix = secure ? "__Host-" : "";
  return {
    session: `${prefix}self-serve.session`,
    csrf: `${prefix}self-serve.csrf`,
    callback: `${prefix}self-serve.callback`,
  };
}

/** The session id in a cookie's value, or null when the value is forged, expired or something else. */
export async function readSessionCookie(value: string, { secrets }: CookieOptions): Promise<string | null> {
  const payload = await openToken(value, secrets);
  const sessionId = payload?.sid;
  return typeof sessionId === "string" && SESSION_ID.test(sessionId) ? sessionId : null;
}

/** The cookie's value for a session id: for tests and scripts that sign in without a browser. */
export function makeSessionCookie(sessionId: string, { secrets }: CookieOptions): Promise<string> {
  return encode({ token: { sid: sessionId }, secret: secrets[0] ?? "", maxAge: 86_400 });
}

/** What a token holds, by the first secret that opens it. */
export async function openToken(token: string | undefined, secrets: readonly string[]): Promise<JWT | null> {
  if (!token || token.length > 4_096) return null;
  for (const secret of secrets) {
    try {
      return await decode({ token, secret });
    } catch {
      // made with another secret, expired, or not one of ours
    }
  }
  return null;
}
