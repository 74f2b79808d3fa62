import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { makeChunkFiles } from "./chunk-files.ts";
import { linesOf, ownParts } from "./split-parts.ts";

const own = (lines: readonly string[], index: number, of: number, plan: string[][] | null = null) =>
  ownParts(
    lines.map((line) => Buffer.from(line)),
    { index, of, plan },
  ).map(String);

describe("ownParts", () => {
  it("gives every part to exactly one chunk, the planned ones as planned, in their order", () => {
    const names = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 }), { maxLength: 60 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 9 }), fc.infiniteStream(fc.nat(20)), (lines, of, where) => {
        const plan = Array.from({ length: of }, () => [] as string[]);
        for (const line of lines) plan[where.next().value ?? 20]?.push(line);
        const shares = Array.from({ length: of }, (_, at) => own(lines, at + 1, of, plan));
        expect(shares.flat().sort()).toEqual([...lines].sort());
        for (const [at, share] of shares.entries()) {
          expect(share).toEqual(expect.arrayContaining(plan[at] ?? []));
          expect(share).toEqual(lines.filter((line) => share.includes(line)));
        }
      }),
    );
  });

  it("spreads what no plan knows evenly, and always in the same way", () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `test/file-${index}.js`);
    const sizes = [1, 2, 3].map((index) => own(lines, index, 3).length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(150);
    expect(own(["test/parser.js", "test/lexer.js", "test/main.js"], 1, 2)).toEqual(["test/parser.js"]);
  });

  it("gives an empty line to nobody and keeps bytes that are no text", () => {
    const line = Buffer.from([0x66, 0xff, 0xfe]);
    expect(ownParts(linesOf(Buffer.from("\n\na\n")), { index: 1, of: 1, plan: null })).toEqual([Buffer.from("a")]);
    expect(ownParts([line], { index: 1, of: 1, plan: [] })).toEqual([line]);
  });
});

describe("linesOf", () => {
  it.each([
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\n\nb", ["a", "", "b"]],
  ])("of %j", (text, lines) => {
    expect(linesOf(Buffer.from(text)).map(String)).toEqual(lines);
  });
});

describe("the executable", () => {
  it("works between other commands, from a directory with a difficult name, whatever the job tells node", async () => {
    const dir = path.join(temporaryFolder(), "it's $HOME");
    mkdirSync(dir);
    const { split } = await makeChunkFiles(dir, {
      index: 2,
      of: 2,
      plan: [
        ["a", "b"],
        ["it's c", "d"],
      ],
    });
    const script = `printf 'a\\nd\\nit'"'"'s c\\nb' | "$SPLIT" | tr '\\n' '|'`;
    const env = { PATH: "/usr/bin:/bin", SPLIT: split, NODE_OPTIONS: "--nonsense" } as Record<string, string>;
    const run = (text: string) =>
      execFileSync("/bin/sh", ["-ec", text], { env: env as NodeJS.ProcessEnv, encoding: "utf8", cwd: "/" });
    expect(run(script)).toBe("d|it's c|");
    expect(run('"$SPLIT" < /dev/null')).toBe("");
    expect(run(`yes d | head -n 100000 | "$SPLIT" | head -n 1`)).toBe("d\n");
  });
});
