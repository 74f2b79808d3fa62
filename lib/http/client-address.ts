import { isIP } from "node:net";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * The address a request came from. What a proxy says in `X-Forwarded-For` counts only when it is on this machine, and only the last
 * entry, which the proxy itself has added; everything before it may be made up.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  forwardedFor: string | string[] | undefined,
): string | null {
  const told = [forwardedFor ?? []].flat().join(",").split(",").at(-1)?.trim() ?? "";
  if (remoteAddress !== undefined && LOOPBACK.test(remoteAddress) && isIP(told) !== 0) return told;
  return remoteAddress ?? null;
}
