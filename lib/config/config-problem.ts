/**
 * A fault at a place, such as `["builders", 2, "name"]`. A message that ends with a full stop or a question mark is a whole sentence;
 * any other goes on after the key, such as `must be true or false`, and what is there is said behind it.
 */
export interface Problem {
  path: readonly (string | number)[];
  message: string;
  /** Point at the key rather than at its value. */
  atKey?: boolean;
}

/** A path as people write it: `builders[2].steps[0].run`. */
export function keyOf(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .replace(/^\./, "");
}
