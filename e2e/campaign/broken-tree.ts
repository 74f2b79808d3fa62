import { cpSync, symlinkSync } from "node:fs";
import path from "node:path";
import { MUTANTS } from "../../scripts/mutants/catalogue.ts";
import { inMutatedCopy, type Mutant } from "../../scripts/mutants/mutate.ts";

/** What a running product needs besides the sources that every mutant has a copy of. */
const MORE_PARTS = ["app", "proxy.ts", "next.config.mjs", "postcss.config.mjs", "public"];

/** The rule of this name, or an Error that names all there are. */
export function ruleToBreak(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name || one.name === `no-${name}`);
  if (mutant) return mutant;
  throw new Error(`There is no rule "${name}" to break. There are: ${MUTANTS.map((one) => one.name).join(", ")}.`);
}

/**
 * Runs `work` with a copy of the tree in which a rule is broken. The pages' build is that of the tree itself, so a rule which only the
 * REST API lives by stays whole: workers and timers run the broken source.
 */
export function inBrokenTree<T>(
  root: string,
  distDir: string,
  mutant: Mutant,
  work: (tree: string) => Promise<T>,
): Promise<T> {
  return inMutatedCopy(root, mutant, (copy) => {
    for (const part of MORE_PARTS) cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    symlinkSync(path.join(root, distDir), path.join(copy, distDir));
    return work(copy);
  });
}
