import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** One place in the source: the exact text, which stands there once, and what takes its place. */
export interface Replacement {
  file: string;
  before: string;
  after: string;
}

/** A rule of the protocol taken out of the code. */
export interface Mutant {
  name: string;
  /** The rule, as a sentence about what the mutant does without it. */
  without: string;
  replacements: readonly Replacement[];
  /** What the model says when it is no fault of safety: nothing but speed is lost. */
  harmlessInModel?: string;
}

/** What the model test needs of the tree. */
const PARTS = ["lib", "prisma", "scripts", "package.json", "tsconfig.json", "vitest.config.ts", "prisma.config.ts"];

/** The text with one replacement made; an Error when what it replaces is not there exactly once. */
export function replaceOnce(text: string, { file, before, after }: Replacement): string {
  const places = text.split(before).length - 1;
  if (places === 1) return text.replace(before, () => after);
  throw new Error(`${file} has ${places} places, not one, with the text of this mutant: ${before}`);
}

/** Makes the replacements of a mutant in memory; the new text of every file that it changes. */
export function mutated(root: string, mutant: Mutant): Map<string, string> {
  const texts = new Map<string, string>();
  for (const replacement of mutant.replacements) {
    const { file } = replacement;
    const text = texts.get(file) ?? readFileSync(path.join(root, file), "utf8");
    texts.set(file, replaceOnce(text, replacement));
  }
  return texts;
}

/** Runs `work` in a copy of the tree with a mutant in it, and removes the copy. The tree itself is never touched. */
export async function inMutatedCopy<T>(root: string, mutant: Mutant, work: (copy: string) => Promise<T>): Promise<T> {
  const texts = mutated(root, mutant);
  const copy = mkdtempSync(path.join(tmpdir(), "self-serve-mutant-"));
  try {
    for (const part of PARTS) cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
    for (const [file, text] of texts) writeFileSync(path.join(copy, file), text);
    return await work(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
