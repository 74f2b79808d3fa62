import type { PreparedStatement } from "../db/sql.ts";

const TEXTS = new Map<string, string>();

/**
 * The name of a prepared statement. Throws when another text has had it: a connection would refuse that, but only one that has used both,
 * so that a test met it by chance.
 */
export function nameOf(statement: string | PreparedStatement): string | undefined {
  if (typeof statement === "string") return undefined;
  const { name, text } = statement;
  const known = TEXTS.get(name);
  if (known === undefined) TEXTS.set(name, text);
  else if (known !== text) throw new Error(`Two statements have the name ${name}: ${known} and ${text}`);
  return name;
}
