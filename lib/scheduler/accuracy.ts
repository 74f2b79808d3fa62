import type { Accuracy } from "../contracts/explanation.ts";
import { readAccuracy } from "../db/sql/estimates.ts";
import type { Database } from "../db/sql.ts";

/** Fewer comparisons than this say nothing. */
const ENOUGH = 10;
const KEPT_MS = 30_000;

/** Per database, because all explanations show the same figures. */
const known = new WeakMap<Database, { readAtMs: number; accuracy: Promise<Accuracy> }>();

/** How the estimates of the last seven days compare with what happened; half a minute old at most. */
export function recentAccuracy(sql: Database): Promise<Accuracy> {
  const kept = known.get(sql);
  if (kept && performance.now() - kept.readAtMs < KEPT_MS) return kept.accuracy;
  const accuracy = compareEstimates(sql);
  known.set(sql, { readAtMs: performance.now(), accuracy });
  accuracy.catch(() => known.delete(sql)); // the next one tries again
  return accuracy;
}

/** The same, read now. */
export async function compareEstimates(sql: Database): Promise<Accuracy> {
  const { compared, byP50, byP90, medianErrorSeconds } = await readAccuracy(sql);
  if (compared < ENOUGH) return { compared, byP50: null, byP90: null, medianErrorSeconds: null };
  return { compared, byP50, byP90, medianErrorSeconds };
}
