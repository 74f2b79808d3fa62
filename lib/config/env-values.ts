import { isIP } from "node:net";
import path from "node:path";
import { z } from "zod";
import { parseRedisAddress, REDIS_ADDRESS_EXAMPLE } from "../redis/redis-address.ts";

// The kinds of value a variable may hold. Each message completes the sentence "NAME is missing: it …".

/** Whether a host name or address means this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A URL of one of these protocols with a host; `example` shows what is right. */
export function serverUrl(protocols: readonly string[], example: string) {
  const message = `must be an address such as ${example}`;
  return z.string(message).refine((text) => {
    const url = parseUrl(text);
    return url !== undefined && url.hostname !== "" && protocols.includes(url.protocol.slice(0, -1));
  }, message);
}

const REDIS_MESSAGE = `must be an address such as ${REDIS_ADDRESS_EXAMPLE}`;

/** Where Redis answers: one node, or a cluster, whose nodes have commas between them and no numbered databases. */
export const redisUrl = z.string(REDIS_MESSAGE).refine((text) => parseRedisAddress(text) !== undefined, REDIS_MESSAGE);

/** An http(s) address without a path; gives its origin. */
export const httpOrigin = z
  .string()
  .transform((text, issues) => {
    const url = parseUrl(text);
    const plain = url && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
    if (plain && (url.protocol === "https:" || url.protocol === "http:")) return url.origin;
    issues.addIssue(
      "must be a scheme, a host and perhaps a port, without a path, such as https://selfserve.example.org",
    );
    return z.NEVER;
  })
  .refine((origin) => origin.startsWith("https:") || isLoopback(new URL(origin).hostname), {
    message: "must start with https://, because plain http is for this machine alone",
  });

const LDAP_MESSAGE =
  "must be one or more addresses with commas between them, such as ldaps://ldap1.example.org,ldaps://ldap2.example.org";

/** `ldap://` and `ldaps://` addresses, separated by commas. */
export const ldapUrls = z.string(LDAP_MESSAGE).transform((text, issues) => {
  const urls = text.split(",").map((url) => url.trim());
  const right = (url: string) => {
    const parsed = parseUrl(url);
    return (
      parsed &&
      parsed.hostname !== "" &&
      ["ldap:", "ldaps:"].includes(parsed.protocol) &&
      ["", "/"].includes(parsed.pathname)
    );
  };
  if (urls.every(right)) return urls;
  issues.addIssue(LDAP_MESSAGE);
  return z.NEVER;
});

const RANGES_MESSAGE =
  "must be addresses or ranges with commas between them, such as 10.0.0.5,10.1.0.0/16,2001:db8::/64";

/** IP addresses and ranges of them, separated by commas. */
export const addressRanges = z.string(RANGES_MESSAGE).transform((text, issues) => {
  const ranges = text.split(",").map((range) => range.trim());
  if (ranges.every(isAddressRange)) return ranges;
  issues.addIssue(RANGES_MESSAGE);
  return z.NEVER;
});

/** A range of 0 bits would be everybody, so it has at least one. */
function isAddressRange(text: string): boolean {
  const [, network = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const most = { 4: 32, 6: 128 }[isIP(network)];
  if (most === undefined) return false;
  return bits === undefined || (Number(bits) >= 1 && Number(bits) <= most);
}

/** A name in the directory. */
export function distinguishedName(example: string) {
  const message = `must be a distinguished name, such as ${example}`;
  return z.string(message).regex(/^\s*[A-Za-z][\w-]*\s*=[^=]+(,\s*[A-Za-z][\w-]*\s*=[^=]+)*$/, message);
}

/** A text nobody can guess. */
export function secret(length: number, command: string) {
  const message = `must be a secret of at least ${length} characters, such as the output of: ${command}`;
  return z.string(message).min(length, message);
}

/** Any text that is not empty; `what` says what it is. */
export function text(what: string) {
  return z.string(`must be ${what}`);
}

/** A file or folder; relative ones start at the working directory. */
export function filePath(what: string) {
  return z.string(`must be the path of ${what}`).transform((text) => path.resolve(text));
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number, unit?: string) {
  const message = `must be a whole number ${unit ? `of ${unit} ` : ""}from ${min} to ${max}`;
  return z
    .string(message)
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(", ")}`);
}

/** `true` or `false`. */
export const yesOrNo = oneOf(["true", "false"]).transform((word) => word === "true");

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
