import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy } from "./lib/http/content-security-policy.ts";

/**
 * Gives every page a content security policy with a nonce of its own, and leads from / to one's own pushes: before a page is begun, so that
 * no browser has to go on by script. It decides nothing about who may see what.
 */
export function proxy(request: NextRequest): NextResponse {
  if (request.nextUrl.pathname === "/") return toOwnPushes(request);
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

function toOwnPushes({ nextUrl }: NextRequest): NextResponse {
  const url = nextUrl.clone();
  url.pathname = "/pushes";
  url.search = "?owner=me";
  // headers of the configuration do not reach its redirects
  return NextResponse.redirect(url, { status: 307, headers: { "cache-control": "private, no-store" } });
}

export const config = { matcher: ["/((?!api/|_next/static/|healthz$|metrics$|icon.svg$).*)"] };
