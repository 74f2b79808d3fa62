/** A value as text for a `jsonb` parameter. What PostgreSQL cannot store in text, NUL and lone surrogates, is taken out. */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "string" ? cleanText(inner) : inner));
}

/** Text that PostgreSQL can store: without NUL, lone surrogates replaced. */
export function cleanText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** JSON with sorted keys and no spaces, so that equal values are equal texts. Takes JSON values only; an undefined field is left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(",")}}`;
}
