import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countLines, LineBlocks } from "./line-blocks.ts";

function through(parts: readonly Uint8Array[], maxLine: number): Buffer[] {
  const blocks = new LineBlocks(maxLine);
  return [...parts.map((part) => blocks.push(Buffer.from(part))), blocks.end()];
}

describe("LineBlocks", () => {
  it("passes valid lines on unchanged, however they are cut", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        (text, cuts) => {
          const bytes = Buffer.from(`${text}\n`);
          const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
          const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
          expect(Buffer.concat(through(parts, 10_000)).toString()).toBe(`${text}\n`);
        },
      ),
    );
  });

  it("gives only whole lines of valid text within the limit, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 8 }),
        fc.integer({ min: 8, max: 64 }),
        (parts, maxLine) => {
          const out = Buffer.concat(through(parts, maxLine));
          expect(isUtf8(out)).toBe(true);
          if (out.length > 0) expect(out.at(-1)).toBe(10);
          for (const line of out.toString("latin1").split("\n").slice(0, -1))
            expect(line.length + 1).toBeLessThanOrEqual(maxLine);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("never splits a character when it cuts a long line", () => {
    const out = Buffer.concat(through([Buffer.from("é€😀".repeat(50))], 16)).toString();
    expect(out.replaceAll("\n", "")).toBe("é€😀".repeat(50));
  });

  it("does not hold a line back that is complete", () => {
    const blocks = new LineBlocks();
    expect(blocks.push(Buffer.from("a\nb")).toString()).toBe("a\n");
    expect(blocks.push(Buffer.from("c\n")).toString()).toBe("bc\n");
    expect(blocks.end().length).toBe(0);
  });
});

it("countLines counts line breaks", () => {
  expect([Buffer.from(""), Buffer.from("\n\n"), Buffer.from("a\nb")].map(countLines)).toEqual([0, 2, 1]);
});
