/** A value as text for a `jsonb` parameter. What PostgreSQL cannot store in text, NUL and lone surrogates, is taken out. */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "string" ? cleanText(inner) : inner));
}

/** Text that PostgreSQL can store: without NUL, lone surrogates replaced. */
export function cleanText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
