import "server-only";
import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { nextAuthOptions } from "../auth/next-auth-options.ts";
import { endSession, findSession } from "../auth/sessions.ts";
import { signIn } from "../auth/sign-in.ts";
import { metrics } from "../metrics/registry.ts";
import { adoptPushes } from "../scheduler/adopt-pushes.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { server, systemContext } from "../server.ts";
import { HttpProblem, logError } from "./problem.ts";
import { PRIVATE_HEADERS, problemResponse } from "./route.ts";

const REFUSAL_MS = 300;
const BODY_BYTES = 16 * 1024;
/** What this product uses of next-auth; the rest, such as its log of whatever a client sends, is not there. */
const ACTIONS = new Set(["csrf", "session", "signin", "signout", "callback", "providers", "error"]);

/** The addresses of next-auth below `/api/auth`, with this product's directory and sessions behind them. */
export async function nextAuthHandler(
  request: NextRequest,
  { params }: { params: Promise<{ nextauth: string[] }> },
): Promise<Response> {
  try {
    await requireSound(request, params);
    const response: Response = await NextAuth(request, { params }, optionsFor(request));
    for (const [name, value] of Object.entries(PRIVATE_HEADERS)) response.headers.set(name, value);
    return response.status === 401 ? await tellFault(response) : response;
  } catch (error) {
    if (error instanceof SyntaxError) return problemResponse(new SchedulerError("invalid", "The body is not JSON."));
    return problemResponse(error);
  }
}

/** A refused login as HTTP says it: nobody's password is wrong when the directory does not answer, or when it was not asked. */
async function tellFault(refusal: Response): Promise<Response> {
  const text = await refusal.text();
  const [, fault] = /[?&]error=(unavailable|limited)\b/.exec(text) ?? [];
  const headers = new Headers(refusal.headers);
  if (fault === "unavailable") headers.set("Retry-After", "2");
  const status = fault === "unavailable" ? 503 : fault === "limited" ? 429 : refusal.status;
  return new Response(text, { status, headers });
}

async function requireSound(request: Request, params: Promise<{ nextauth: string[] }>): Promise<void> {
  const [action = "", provider] = (await params).nextauth;
  if (!ACTIONS.has(action) || (provider !== undefined && provider !== "ldap")) {
    throw new SchedulerError("not_found", "There is nothing at this address.");
  }
  if (request.method !== "POST") {
    if (action !== "callback") return;
    throw new HttpProblem("invalid", `${request.method} is not possible here; POST is.`, { status: 405 });
  }
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") {
    throw new SchedulerError("forbidden", "Another site may not sign people in or out.");
  }
  if (request.headers.has("transfer-encoding") || Number(request.headers.get("content-length") ?? 0) > BODY_BYTES) {
    throw new SchedulerError("too_large", "The body is larger than 16 KiB.");
  }
}

function optionsFor(request: Request) {
  const { env, sql, directory, limits, whoAsks } = server();
  const ip = request.headers.get("x-forwarded-for") ?? "unknown";
  const userAgent = request.headers.get("user-agent");
  const tools = {
    ctx: systemContext("login"),
    directory,
    limits,
    refusalMs: REFUSAL_MS,
    rolesOf: whoAsks.rolesOf,
    welcome: adoptPushes,
    report: (error: unknown) => logError(error, "-"),
  };
  return nextAuthOptions({
    ...whoAsks.cookies,
    baseUrl: env.BASE_URL,
    signIn: async (credentials) => {
      const outcome = await signIn(tools, { ...credentials, ip, userAgent });
      metrics().logins.inc({ outcome: "fault" in outcome ? outcome.fault : "ok" });
      return outcome;
    },
    whoIs: (sessionId) => findSession(sql, sessionId),
    signOut: (sessionId) => endSession(sql, sessionId),
    report: (error) => logError(error, "-"),
  });
}
