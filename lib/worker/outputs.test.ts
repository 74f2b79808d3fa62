import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { parseOutputs, readOutputs } from "./outputs.ts";

describe("parseOutputs", () => {
  it("takes name=value; the last one counts, and a value may hold anything but a line break", () => {
    const { values, complaints } = parseOutputs("a=1\n\n# no\nb.c-d=x=y \nconstructor=p\na=2\n");
    expect(Object.entries(values)).toEqual([
      ["a", "2"],
      ["b.c-d", "x=y "],
      ["constructor", "p"],
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
    ["__proto__=x", "Line 1 of $SELFSERVE_OUTPUT has the name __proto__, which no server takes; a line is name=value."],
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

describe("the bound of all outputs together", () => {
  it.each([
    ["plain text", "x", 20],
    ["what JSON writes as six characters", "\u0001", 4],
  ])("is what the server takes with a result: %s", (_, character, lines) => {
    const value = character.repeat(9_900);
    const text = Array.from({ length: lines }, (_, index) => `n${index}=${value}`).join("\n");
    const { values, complaints } = parseOutputs(text);
    expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThanOrEqual(200_000);
    expect([complaints.length > 0, Object.keys(values).length < lines]).toEqual([lines === 4, lines === 4]);
  });

  it("counts only the last value of a name", () => {
    const text = Array.from({ length: 100 }, () => `a=${"x".repeat(9_900)}`).join("\n");
    expect(parseOutputs(text).complaints).toEqual([]);
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
