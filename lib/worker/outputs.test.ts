import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { parseOutputs, readOutputs } from "./outputs.ts";

describe("parseOutputs", () => {
  it("takes name=value; the last one counts, and a value may hold anything but a line break", () => {
    const { values, complaints } = parseOutputs("a=1\n\n# no\nb.c-d=x=y \n__proto__=p\na=2\n");
    expect(Object.entries(values)).toEqual([
      ["a", "2"],
      ["b.c-d", "x=y "],
      ["__proto__", "p"],
    ]);
    expect(complaints).toEqual([]);
  });

  it.each([
    ["no equals sign", "Line 1 of $SELFSERVE_OUTPUT has no =; a line is name=value."],
    [
      "1a=x",
      'Line 1 of $SELFSERVE_OUTPUT has the name "1a", which is not letters, digits, _ . -; a line is name=value.',
    ],
    ["=x", 'Line 1 of $SELFSERVE_OUTPUT has the name "", which is not letters, digits, _ . -; a line is name=value.'],
    [
      `a=${"x".repeat(10_001)}`,
      "Line 1 of $SELFSERVE_OUTPUT has a value of more than 10000 characters; a line is name=value.",
    ],
    ["a=\0", "Line 1 of $SELFSERVE_OUTPUT has a value with a zero byte; a line is name=value."],
  ])("complains of %j", (line, complaint) => {
    expect(parseOutputs(line)).toEqual({ values: {}, complaints: [complaint] });
  });

  it("takes at most 200", () => {
    const { values, complaints } = parseOutputs(Array.from({ length: 201 }, (_, index) => `n${index}=x`).join("\n"));
    expect(Object.keys(values).length).toBe(200);
    expect(complaints.length).toBe(1);
  });
});

describe("readOutputs", () => {
  it("follows no link and survives a file that is gone, a directory or too large", async () => {
    const dir = temporaryFolder();
    const link = path.join(dir, "link");
    const large = path.join(dir, "large");
    symlinkSync("/etc/passwd", link);
    writeFileSync(large, "x".repeat(2 ** 20 + 1));
    for (const file of [link, large, dir, path.join(dir, "gone")]) {
      const { values, complaints } = await readOutputs(file);
      expect(values).toEqual({});
      expect(complaints.length).toBe(1);
    }
  });
});
