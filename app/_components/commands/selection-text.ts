/** Longer selections stay out of the address: servers and proxies bound the length of a request's first line, the lowest usual bound being 8 kB. */
const MOST_CHARACTERS = 2_000;

/** The ids in `1,2,3`; whatever else stands there is left out. */
export function idsFromText(text: string): number[] {
  return text.split(",").flatMap((part) => (/^[1-9][0-9]{0,15}$/.test(part) ? [Number(part)] : []));
}

/** Ids as they stand in an address: `1,2,3`; null when they are too many for one. */
export function textOfIds(ids: readonly number[]): string | null {
  const text = ids.join(",");
  return text.length > MOST_CHARACTERS ? null : text;
}
