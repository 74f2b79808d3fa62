import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy } from "./lib/http/content-security-policy.ts";

/** Gives every page a content security policy with a nonce of its own. It decides nothing about who may see what. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === "development");
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("x-page", request.nextUrl.pathname + request.nextUrl.search); // where to come back to after signing in
  headers.set("content-security-policy", policy); // the framework reads the nonce from here
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  return response;
}

export const config = { matcher: ["/((?!api/|_next/static/|healthz$|metrics$|icon.svg$).*)"] };
