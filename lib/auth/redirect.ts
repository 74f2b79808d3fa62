// biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop them, so they may hide what follows
const SUSPICIOUS = /[\u0000-\u0020\u007f-\u00a0\\@]|%(?:0|1|5c|7f)/i;

/**
 * Where to go after the login: the path of the same site that was asked for, or `/`. Other sites, other schemes, `//host`, `/\host`,
 * control characters and user names in the address are refused.
 */
export function sameOriginPath(wanted: unknown, baseUrl: string): string {
  if (typeof wanted !== "string" || wanted.length > 2_000 || SUSPICIOUS.test(wanted)) return "/";
  const relative = wanted.startsWith(`${new URL(baseUrl).origin}/`)
    ? wanted.slice(new URL(baseUrl).origin.length)
    : wanted;
  if (!relative.startsWith("/") || relative.startsWith("//")) return "/";
  const parsed = URL.canParse(relative, baseUrl) ? new URL(relative, baseUrl) : null;
  if (!parsed || parsed.origin !== new URL(baseUrl).origin || parsed.pathname.startsWith("//")) return "/";
  return `${parsed.pathname}${parsed.search}${parsed.hash}`;
}
