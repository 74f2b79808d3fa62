/** One operation on one object, by the clock of whoever asked for it. */
export interface TimedOperation<State> {
  name: string;
  invokedAt: number;
  /** Infinity: nobody knows whether it took effect; it may do so at any later time, or never. */
  returnedAt: number;
  /** The state after it, or null when it cannot have been answered like this in that state. */
  apply: (state: State) => State | null;
}

/** What a search has found. */
export type Verdict = "linearizable" | "not linearizable" | "too long";

/**
 * Whether there is an order of the operations, each at some moment between its invocation and its return, in which every answer is right:
 * Wing and Gong's search, with a memory of what was tried (Lowe). `keyOf` tells states apart. At most 52 operations.
 */
export function search<State>(
  operations: readonly TimedOperation<State>[],
  initial: State,
  keyOf: (state: State) => string,
  limitMs: number,
): Verdict {
  const ordered = operations.toSorted((a, b) => a.invokedAt - b.invokedAt);
  const tried = new Set<string>();
  const deadline = performance.now() + limitMs;
  let steps = 0;

  function explore(done: number, state: State): Verdict {
    const key = `${done}|${keyOf(state)}`;
    if (tried.has(key)) return "not linearizable";
    tried.add(key);
    steps += 1;
    if (steps % 256 === 0 && performance.now() > deadline) return "too long";
    const open = ordered.filter((_, index) => !has(done, index));
    if (open.every((operation) => operation.returnedAt === Number.POSITIVE_INFINITY)) return "linearizable";
    const firstReturn = Math.min(...open.map((operation) => operation.returnedAt));
    const possible = ordered.flatMap((operation, index) => {
      const next = has(done, index) || operation.invokedAt > firstReturn ? null : operation.apply(state);
      return next === null ? [] : { next, done: done + 2 ** index };
    });
    // What changes nothing can as well happen now: if there is an order at all, there is one that begins with it.
    const idle = possible.find(({ next }) => keyOf(next) === keyOf(state));
    for (const choice of idle ? [idle] : possible) {
      const verdict = explore(choice.done, choice.next);
      if (verdict !== "not linearizable") return verdict;
    }
    return "not linearizable";
  }
  return explore(0, initial);
}

/** A set of up to 52 operations is a number; bit operators would cut it to 32. */
function has(set: number, index: number): boolean {
  return Math.floor(set / 2 ** index) % 2 === 1;
}
