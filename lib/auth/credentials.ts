import { Login } from "../contracts/id.ts";

const PASSWORD_BYTES = 256;

/** Whether this text may be a user name: 1 to 64 letters, digits, dots, dashes or underscores. */
export function isLogin(text: unknown): text is string {
  return Login.safeParse(text).success;
}

/**
 * Whether this text may be a password: not empty (many directories take an empty one as an anonymous bind and say yes), not blank,
 * without NUL, at most 256 bytes. Asked before anything goes over the network.
 */
export function isPassword(text: unknown): text is string {
  if (typeof text !== "string" || text.trim() === "") return false;
  return !text.includes("\0") && Buffer.byteLength(text, "utf8") <= PASSWORD_BYTES;
}
