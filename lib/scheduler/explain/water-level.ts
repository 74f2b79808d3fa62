/**
 * When `workMs` of work, cut as finely as one likes and given to whichever slot is free first, is done: the level to which it fills up
 * slots that become free at these moments. Infinity without slots.
 */
export function waterLevel(freeAtMs: readonly number[], workMs: number): number {
  const times = freeAtMs.toSorted((a, b) => a - b);
  let filled = 0;
  let level = times[0] ?? Number.POSITIVE_INFINITY;
  for (let slots = 1; slots <= times.length; slots++) {
    const next = times[slots] ?? Number.POSITIVE_INFINITY;
    const room = (next - level) * slots;
    if (filled + room >= workMs) return level + (workMs - filled) / slots;
    filled += room;
    level = next;
  }
  return level;
}
