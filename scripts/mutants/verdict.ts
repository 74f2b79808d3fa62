import type { Explored } from "../../lib/testing/model/explore.ts";
import type { Mutant } from "./mutate.ts";

/** What the model test said about a mutant. */
export interface Verdict {
  name: string;
  caught: boolean;
  /** The rule that was broken, in few words. */
  by: string;
  histories: string;
  seconds: string;
}

/** Reads the report of the model test. */
export function verdictOf({ name, harmlessInModel }: Mutant, { broken, played, seconds }: Explored): Verdict {
  const notes = [
    ...(broken ? [broken.rule.replace(/\d+/g, "N")] : []),
    ...(harmlessInModel ? [`(in the model: ${harmlessInModel})`] : []),
  ];
  return { name, caught: broken !== null, by: notes.join(" "), histories: String(played), seconds: seconds.toFixed(1) };
}

const WIDTHS = [22, 7, 70, 10, 8];

/** One line of the table. */
export function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join(" ")
    .trimEnd();
}
