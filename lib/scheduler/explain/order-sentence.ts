import { STRICT_HEAD_START_MS } from "../../contracts/pool.ts";
import { lasting } from "./words.ts";

/** The order of a pool as one sentence. */
export function orderSentence(pool: { name: string; headStartMs: number }): string {
  if (pool.headStartMs >= STRICT_HEAD_START_MS)
    return `In the pool ${pool.name} the higher rank goes first, and among equal ranks whoever was submitted earlier.`;
  if (pool.headStartMs === 0)
    return `In the pool ${pool.name} whoever was submitted earlier goes first; rank changes nothing.`;
  return `In the pool ${pool.name} whoever was submitted earlier goes first, and each point of rank is worth a head start of ${lasting(pool.headStartMs)}.`;
}
