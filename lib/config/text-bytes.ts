/** Where bytes stop being text in UTF-8 without NUL, or null when they are text to the end. Lines and columns (in bytes) count from 1. */
export function firstBadByte(bytes: Uint8Array): { line: number; column: number; message: string } | null {
  const nul = bytes.indexOf(0);
  if (nul >= 0) return { ...placeOf(bytes, nul), message: "The file holds a NUL byte here; it must be text in UTF-8." };
  if (isUtf8(bytes)) return null;
  // The longest sound beginning ends at the bad byte; a character that is cut off at the end of a part is not sound either.
  let [sound, bad] = [0, bytes.length];
  while (bad - sound > 1) {
    const middle = (sound + bad) >> 1;
    if (isUtf8(bytes.subarray(0, startOfCharacter(bytes, middle)))) sound = middle;
    else bad = middle;
  }
  return { ...placeOf(bytes, sound), message: "The file is not UTF-8 here; save it as UTF-8." };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The first byte of the character that the byte at `index` belongs to. */
function startOfCharacter(bytes: Uint8Array, index: number): number {
  let start = index;
  while (start > Math.max(0, index - 4) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

function placeOf(bytes: Uint8Array, end: number): { line: number; column: number } {
  const before = bytes.subarray(0, end);
  const line = before.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
  return { line, column: before.length - before.lastIndexOf(10) };
}

const BRACKETS = { open: [0x5b, 0x7b], close: [0x5d, 0x7d] }; // [ { and ] }
const DASHES = /(?:[-?][ \t]+){200}/;

/** Whether the text opens so many lists in each other that a parser would take time that grows with the square of their number. */
export function isNestedBeyondReason(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  for (const byte of bytes) {
    if (BRACKETS.open.includes(byte)) depth += 1;
    else if (BRACKETS.close.includes(byte)) depth -= 1;
    if (depth > limit) return true;
  }
  return DASHES.test(new TextDecoder().decode(bytes));
}
