import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/** Whose token it is: a person's, or a push hook's. */
export type TokenKind = "user" | "hook";

/** A token's text, taken apart. */
export interface TokenParts {
  kind: TokenKind;
  /** The half that may be known; finds the row. */
  publicId: string;
}

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_LENGTH = 12;
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;

/** What every token looks like; for secret scanners, too. */
export const TOKEN_PATTERN = /^ss_(user|hook)_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;

/** A new token: `ss_<kind>_<public id>_<32 random bytes>_<check>`, all in base 62. */
export function newToken(kind: TokenKind): TokenParts & { secret: string } {
  const publicId = base62(BigInt(`0x${randomBytes(9).toString("hex")}`), PUBLIC_LENGTH + 1).slice(-PUBLIC_LENGTH);
  const random = base62(BigInt(`0x${randomBytes(SECRET_BYTES).toString("hex")}`), SECRET_LENGTH);
  const text = `ss_${kind}_${publicId}_${random}`;
  return { kind, publicId, secret: `${text}_${checkOf(text)}` };
}

/** The parts of a token's text, or null when it is not one of ours or was mistyped. */
export function parseToken(text: string): TokenParts | null {
  const match = TOKEN_PATTERN.exec(text);
  const [, kind, publicId, , check] = match ?? [];
  if (publicId === undefined || check === undefined) return null;
  if (checkOf(text.slice(0, -CHECK_LENGTH - 1)) !== check) return null;
  return { kind: kind === "hook" ? "hook" : "user", publicId };
}

/** What is stored of a token: SHA-256 in hexadecimal. The secret is 256 random bits, so a slow hash would add nothing. */
export function hashToken(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Compares two hashes in a time that does not tell where they differ. */
export function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, "hex"), Buffer.from(other, "hex")];
  return a.length === b.length && timingSafeEqual(a, b);
}

function checkOf(text: string): string {
  return base62(BigInt(crc32(text)), CHECK_LENGTH);
}

function base62(value: bigint, length: number): string {
  let digits = "";
  for (let rest = value; rest > 0n; rest /= 62n) digits = DIGITS.charAt(Number(rest % 62n)) + digits;
  return digits.padStart(length, "0");
}
