/** Random choices that a seed repeats: the same seed makes the same choices in the same order. */
export class Random {
  private state: number;

  constructor(seed: string) {
    let hash = 0x811c9dc5; // FNV-1a
    for (const char of seed) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.state = hash >>> 0;
  }

  /** From 0 up to, but not including, 1. The generator is mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number between the two. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** True in this share of cases, 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of them. Throws a RangeError when there are none. */
  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new RangeError("There is nothing to choose from.");
    return chosen;
  }

  /** The same choices in another order. */
  shuffle<T>(choices: readonly T[]): T[] {
    return choices
      .map((choice) => ({ choice, key: this.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ choice }) => choice);
  }
}
