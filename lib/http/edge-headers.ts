import type { IncomingMessage } from "node:http";
import type { BlockList } from "node:net";
import { clientAddress } from "./client-address.ts";

const INTERNAL =
  /^(?:x-middleware-|x-nextjs-|x-now-|x-matched-path$|x-invoke-|x-forwarded-|forwarded$|next-resume$|content-security-policy$|x-nonce$|x-page$)/;

/**
 * Takes out of a request what only this server itself may say: the framework's internal headers and where the request came from.
 * `X-Forwarded-For` becomes the one address that is known, and `trusted` says whose word on it counts. Call it before anything else sees the
 * request; returns that address.
 */
export function cleanRequest(request: IncomingMessage, trusted: BlockList): string | null {
  const address = clientAddress(request.socket.remoteAddress, request.headers["x-forwarded-for"], trusted);
  for (const name of Object.keys(request.headers)) {
    if (INTERNAL.test(name)) delete request.headers[name];
  }
  if (address !== null) request.headers["x-forwarded-for"] = address;
  return address;
}

/** Headers for every answer of either host: `https` adds that browsers must not come without it for a year. */
export function transportHeaders(https: boolean): Record<string, string> {
  return https ? { "Strict-Transport-Security": "max-age=31536000" } : {};
}

/** Headers for every answer of the pages' host. */
export function securityHeaders(): Record<string, string> {
  return {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  };
}
