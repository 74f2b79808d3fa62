/** The line that an address's hash names (`#L120`), from 1; null for any other hash. */
export function lineOfHash(hash: string): number | null {
  const match = /^#L([1-9][0-9]{0,8})$/.exec(hash);
  return match === null ? null : Number(match[1]);
}
