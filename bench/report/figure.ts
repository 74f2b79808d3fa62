/** One measured value of a benchmark, as it is printed. */
export interface Figure {
  bench: string;
  figure: string;
  value: number;
  unit: string;
  /** What it is compared with, and the same figure of that. */
  peer?: string;
  peerValue?: number;
  ratio?: number;
  /** What must hold, in words; a figure without one only informs. */
  target?: string;
  ok?: boolean;
}

/** Prints one JSON line per figure. The process will exit with 1 when a target does not hold. */
export function report(figures: readonly Figure[]): void {
  for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
  if (figures.some(({ ok }) => ok === false)) process.exitCode = 1;
}

/** The middle value; of an even number of values the upper one of the middle. Throws RangeError for none. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError("There is no median of no values.");
  return middle;
}

/** The smallest value that this share of the values, above 0 and at most 1, does not exceed. Throws RangeError for none. */
export function percentile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];
  if (value === undefined) throw new RangeError("There is no percentile of no values.");
  return value;
}

/** Three significant digits, which is what a measurement is good for. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
