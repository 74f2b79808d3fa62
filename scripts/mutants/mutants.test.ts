import path from "node:path";
import { describe, expect, it } from "vitest";
import { MUTANTS } from "./catalogue.ts";
import { mutated, replaceOnce } from "./mutate.ts";
import { verdictOf } from "./verdict.ts";

const root = path.resolve(import.meta.dirname, "../..");

describe("a mutant", () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))("%s fits the source of today", (_, mutant) => {
    expect(mutant.replacements.length).toBeGreaterThan(0);
    for (const [file, text] of mutated(root, mutant)) expect([file, text.length > 0]).toEqual([file, true]);
  });

  it("is refused when its text is not in the source, or stands there twice", () => {
    const replacement = { file: "a.ts", before: "x", after: "y" };
    expect(replaceOnce("a x b", replacement)).toBe("a y b");
    expect(() => replaceOnce("a b", replacement)).toThrow("a.ts has 0 places");
    expect(() => replaceOnce("x x", replacement)).toThrow("a.ts has 2 places");
  });

  it("takes the new text as it is, without patterns", () => {
    expect(replaceOnce("a x b", { file: "a.ts", before: "x", after: "$& $1" })).toBe("a $& $1 b");
  });
});

describe("the verdict", () => {
  const mutant = { name: "no-fence", without: "", replacements: [] };

  it("names the rule without its numbers", () => {
    const broken = { rule: "counted twice (12)", report: "" };
    expect(verdictOf(mutant, { broken, played: 6, seconds: 1.44, seen: {} })).toEqual({
      name: "no-fence",
      caught: true,
      by: "counted twice (N)",
      histories: "6",
      seconds: "1.4",
    });
  });

  it("says what the model says of one that does no harm there", () => {
    const harmless = { ...mutant, harmlessInModel: "only slower" };
    const verdict = verdictOf(harmless, { broken: null, played: 6, seconds: 1, seen: {} });
    expect(verdict).toMatchObject({ caught: false, by: "(in the model: only slower)" });
  });
});
