import type { Facts } from "../facts.ts";

/** What a checker found. It holds when there is no violation. */
export interface Finding {
  /** The numbers of the invariants that it is about, such as `I1 I22`; its checker's docstring says them in words. */
  invariant: string;
  name: string;
  /** How many things it looked at: one that looked at nothing has proven nothing. */
  checked: number;
  /** One sentence each. */
  violations: string[];
  /** Counts and times (ms) worth knowing. */
  figures: Record<string, number>;
}

/** A pure function over what witnesses wrote and the stores held. */
export type Checker = (facts: Facts) => Finding;

/** Collects violations and counts of one checker. */
export class Findings {
  private readonly finding: Finding;

  constructor(invariant: string, name: string) {
    this.finding = { invariant, name, checked: 0, violations: [], figures: {} };
  }

  /** Looks at one more thing; `sentence` says what is wrong when it does not hold. */
  expect(holds: boolean, sentence: () => string): void {
    this.finding.checked += 1;
    if (!holds) this.finding.violations.push(sentence());
  }

  /** Adds to a count. */
  count(name: string, by = 1): void {
    this.finding.figures[name] = (this.finding.figures[name] ?? 0) + by;
  }

  /** Keeps the greatest. */
  max(name: string, value: number): void {
    this.finding.figures[name] = Math.max(this.finding.figures[name] ?? Number.NEGATIVE_INFINITY, Math.round(value));
  }

  done(): Finding {
    return this.finding;
  }
}
