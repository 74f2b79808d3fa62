import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_COLUMNS, parseLine } from "./ansi.ts";
import { PLAIN } from "./sgr.ts";

const ESC = "\u001b";
const text = (line: string) =>
  parseLine(line)
    .segments.map((segment) => segment.text)
    .join("");

describe("colours and weight", () => {
  test("a coloured word is a segment of its own", () => {
    expect(parseLine(`ok ${ESC}[1;31mFAIL${ESC}[0m done`).segments).toEqual([
      { text: "ok ", style: PLAIN },
      { text: "FAIL", style: { ...PLAIN, bold: true, foreground: 1 } },
      { text: " done", style: PLAIN },
    ]);
  });

  test.each([
    ["32", { foreground: 2 }],
    ["92", { foreground: 10 }],
    ["41", { background: 1 }],
    ["107", { background: 15 }],
    ["38;5;9", { foreground: 9 }],
    ["38;5;196", { foreground: 9 }],
    ["38;5;244", { foreground: 7 }],
    ["38;2;0;255;0", { foreground: 10 }],
    ["48;2;0;0;150", { background: 4 }],
    ["38;5;300", {}],
    ["38;2;1000;0;0", {}],
    ["3;4;7", { italic: true, underline: true, inverse: true }],
    ["12345", {}],
  ])("ESC[%sm", (parameters, style) => {
    expect(parseLine(`${ESC}[${parameters}mx`).segments).toEqual([{ text: "x", style: { ...PLAIN, ...style } }]);
  });

  test("a style goes on into the next line until it is reset", () => {
    const first = parseLine(`${ESC}[33mwarning`);
    expect(parseLine("goes on", first.style).segments[0]?.style.foreground).toBe(3);
    expect(parseLine(`${ESC}[mover`, first.style).segments[0]?.style).toEqual(PLAIN);
  });
});

describe("everything else is dropped", () => {
  test.each([
    ["OSC 8 link, ended by ST", `a${ESC}]8;;https://evil.example/${ESC}\\link${ESC}]8;;${ESC}\\b`, "alinkb"],
    ["OSC 8 link, ended by BEL", `${ESC}]8;;javascript:alert(1)\u0007click${ESC}]8;;\u0007`, "click"],
    ["window title", `${ESC}]0;pwned\u0007text`, "text"],
    ["unfinished OSC", `before${ESC}]52;c;ZXZpbA==`, "before"],
    ["cursor moves and erasing", `${ESC}[2J${ESC}[1;1Hhome${ESC}[K${ESC}[3A`, "home"],
    ["device status and private modes", `${ESC}[6n${ESC}[?25l${ESC}[>cshown`, "shown"],
    ["device control string", `${ESC}Pq#0;2;0;0;0${ESC}\\sixel`, "sixel"],
    ["8-bit CSI and OSC", "\u009b31mred\u009d0;title\u009c!", "red!"],
    ["character sets", `${ESC}(Bascii${ESC})0`, "ascii"],
    ["an escape at the end", `end${ESC}`, "end"],
    ["an escape inside a sequence", `${ESC}[3${ESC}[32mgreen`, "green"],
    ["bell, backspace and NUL", "a\u0007b\u0008c\u0000d", "abcd"],
    ["a private sequence that ends with m", `${ESC}[>4;1mplain`, "plain"],
  ])("%s", (_name, line, shown) => {
    expect(text(line)).toBe(shown);
  });

  test("a carriage return overwrites, as a progress bar wants", () => {
    expect(text("10 %\r50 %\r100 %")).toBe("100 %");
    expect(text("windows line\r")).toBe("windows line");
  });
});

describe("hostile text stays text", () => {
  test.each([
    "</script><script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    `${ESC}]8;;"onmouseover=alert(1) ${ESC}\\`,
    "&lt;b&gt;",
  ])("%s", (line) => {
    for (const segment of parseLine(line).segments) expect(line).toContain(segment.text);
  });

  test("the payload of CVE-2021-3377 makes no link", () => {
    expect(text(`${ESC}]8;;https://example.com"/onmouseover="alert(1)\u0007x${ESC}]8;;\u0007`)).toBe("x");
  });

  test("characters that reorder text are shown by number; marks stay", () => {
    expect(text("access \u202enimda\u202c")).toBe("access \\u{202E}nimda\\u{202C}");
    expect(text("\u05e9\u05dc\u05d5\u05dd\u200f!")).toBe("\u05e9\u05dc\u05d5\u05dd\u200f!");
  });

  test("a line without end costs little and says how much is missing", () => {
    const parsed = parseLine(`${ESC}[31m${"x".repeat(5_000_000)}`);
    expect(parsed.segments[0]?.text).toHaveLength(MAX_COLUMNS);
    expect(parsed.cut).toBe(5_000_000 - MAX_COLUMNS);
    expect(parseLine("y".repeat(MAX_COLUMNS + 7)).cut).toBe(7);
  });

  test("a sequence without end keeps no memory", () => {
    expect(text(`${ESC}[${"1;".repeat(1_000_000)}`)).toBe("");
  });
});

test("no control character is ever shown, and segments are never empty", () => {
  const line = fc.string({
    unit: fc.oneof(fc.constantFrom(ESC, "[", "]", "m", "\u0007", "\\", "\r", "\u009b", "3"), fc.string()),
  });
  fc.assert(
    fc.property(line, (input) => {
      for (const segment of parseLine(input).segments) {
        expect(segment.text).not.toBe("");
        for (const character of segment.text) {
          const code = character.codePointAt(0) ?? 0;
          expect(code === 9 || (code >= 0x20 && !(code >= 0x7f && code < 0xa0))).toBe(true);
        }
      }
    }),
  );
});
