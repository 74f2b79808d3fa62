import type { NextAuthOptions, Session } from "next-auth";
import { encode } from "next-auth/jwt";
import CredentialsProvider from "next-auth/providers/credentials";
import { sameOriginPath } from "./redirect.ts";
import { type CookieOptions, cookieNames, openToken } from "./session-cookie.ts";
import { SESSION_MAX_HOURS } from "./sessions.ts";

/** What stands behind the pages of next-auth. */
export interface NextAuthTools extends CookieOptions {
  baseUrl: string;
  /** Signs a person in: the id of their new session, or the fixed word that says why not. */
  signIn(credentials: { login: unknown; password: unknown }): Promise<{ sessionId: string } | { fault: string }>;
  /** Who a session belongs to while it is alive. */
  whoIs(sessionId: string): Promise<{ name: string } | null>;
  signOut(sessionId: string): Promise<void>;
  report(error: unknown): void;
}

const MAX_AGE_SECONDS = SESSION_MAX_HOURS * 3_600;

/** next-auth as this product uses it: the cookie carries a random session id and nothing else; the database knows the rest. */
export function nextAuthOptions(tools: NextAuthTools): NextAuthOptions {
  const [secret = ""] = tools.secrets;
  return {
    secret,
    session: { strategy: "jwt", maxAge: MAX_AGE_SECONDS },
    jwt: {
      maxAge: MAX_AGE_SECONDS,
      encode: ({ token = {}, maxAge }) =>
        encode({ token: { sid: token.sid }, secret, maxAge: maxAge ?? MAX_AGE_SECONDS }),
      decode: ({ token }) => openToken(token, tools.secrets),
    },
    useSecureCookies: tools.secure,
    cookies: cookies(tools.secure),
    pages: { signIn: "/login", error: "/login", signOut: "/login" },
    providers: [ldapProvider(tools)],
    callbacks: {
      // what a client sends with POST /api/auth/session (trigger "update") is never looked at
      jwt: async ({ token, user }) => {
        if (user) return { sid: user.id };
        if (typeof token.sid !== "string" || !(await tools.whoIs(token.sid)))
          throw new Error("This session has ended.");
        return { sid: token.sid };
      },
      session: async ({ session, token }): Promise<Session> => {
        const user = typeof token.sid === "string" ? await tools.whoIs(token.sid) : null;
        return { expires: session.expires, ...(user && { user: { name: user.name } }) };
      },
      redirect: ({ url, baseUrl }) => `${new URL(baseUrl).origin}${sameOriginPath(url, baseUrl)}`,
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.sid === "string") await tools.signOut(token.sid);
      },
    },
    logger: {
      error: (code) => {
        // an ended session's cookie is nothing to tell of
        if (code !== "JWT_SESSION_ERROR") tools.report(new Error(`next-auth says ${code}.`));
      },
      warn: () => {},
      debug: () => {},
    },
  };
}

function ldapProvider(tools: NextAuthTools) {
  return CredentialsProvider({
    id: "ldap",
    name: "LDAP",
    credentials: { login: { type: "text" }, password: { type: "password" } },
    // the message of an error becomes part of an address: only fixed words leave here
    authorize: async (credentials) => {
      const outcome = await tools
        .signIn({ login: credentials?.login, password: credentials?.password })
        .catch((error: unknown) => {
          tools.report(error);
          return { fault: "unavailable" };
        });
      if ("fault" in outcome) throw new Error(outcome.fault);
      return { id: outcome.sessionId };
    },
  });
}

function cookies(secure: boolean): NonNullable<NextAuthOptions["cookies"]> {
  const names = cookieNames(secure);
  const options = { httpOnly: true, sameSite: "lax", path: "/", secure } as const;
  return {
    sessionToken: { name: names.session, options },
    csrfToken: { name: names.csrf, options },
    callbackUrl: { name: names.callback, options },
  };
}
