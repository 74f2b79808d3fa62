import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { parseTimings, readTimings } from "./timings.ts";

const RIGHT = "a line is <seconds> <part>, such as 1.5 test/parser.js.";

describe("parseTimings", () => {
  it("takes seconds and the rest of the line, and adds up what is there twice", () => {
    const { values, complaints } = parseTimings("1.5 test/a.js\n\n# no\n0\ta b  c \n2 test/a.js\n7 __proto__\n");
    expect(complaints).toEqual([]);
    expect(values).toEqual([
      { part: "test/a.js", seconds: 3.5 },
      { part: "a b  c ", seconds: 0 },
      { part: "__proto__", seconds: 7 },
    ]);
  });

  it.each([
    ["test/a.js 1.5", "has no time and name"],
    ["1.5", "has no time and name"],
    ["-1 a", "has no time and name"],
    ["1e3 a", "has no time and name"],
    ["NaN a", "has no time and name"],
    [`1 ${"é".repeat(251)}`, "has a name of more than 500 bytes"],
    ["1 a\r", "has a name with a control character"],
    ["1 a\0b", "has a name with a control character"],
    ["86401 a", 'makes "a" take longer than a day'],
  ])("complains of %j", (line, complaint) => {
    expect(parseTimings(line)).toEqual({
      values: [],
      complaints: [`Line 1 of $SELFSERVE_TIMINGS ${complaint}; ${RIGHT}`],
    });
  });

  it("takes at most 20,000 parts and complains twenty times", () => {
    const { values, complaints } = parseTimings(Array.from({ length: 20_030 }, (_, index) => `1 p${index}`).join("\n"));
    expect([values.length, complaints.length]).toEqual([20_000, 20]);
    expect(complaints[0]).toBe(
      `Line 20001 of $SELFSERVE_TIMINGS is one more than the 20000 parts that a run may have; ${RIGHT}`,
    );
  });

  it("takes no more than the server does with a result", () => {
    const quotes = '"'.repeat(450);
    const lines = Array.from({ length: 4_000 }, (_, index) => `1 ${quotes}${index}`);
    const { values, complaints } = parseTimings(lines.join("\n"));
    expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThanOrEqual(3_000_000);
    expect(values.length).toBeLessThan(4_000);
    expect(complaints[0]).toContain("makes the timings longer than 3000000 bytes together");
  });
});

describe("readTimings", () => {
  it("follows no link and survives a file that is gone, a directory or too large", async () => {
    const dir = temporaryFolder();
    const [link, large] = [path.join(dir, "link"), path.join(dir, "large")];
    symlinkSync("/etc/passwd", link);
    writeFileSync(large, "1 x\n".repeat(2 ** 19 + 1));
    for (const file of [link, large, dir, path.join(dir, "gone")]) {
      const { values, complaints } = await readTimings(file);
      expect(values).toEqual([]);
      expect(complaints).toEqual([expect.stringMatching(/^\$SELFSERVE_TIMINGS is .*; no timings were taken\.$/)]);
    }
  });
});
