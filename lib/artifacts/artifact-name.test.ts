import { describe, expect, it } from "vitest";
import { refuseArtifactName } from "./artifact-name.ts";

const PARTS = [
  "..",
  ".",
  "",
  "a\\b",
  "c:",
  "a\0b",
  "a\nb",
  "a\rb",
  "\u202egnp.exe",
  "NUL",
  "con.txt",
  "x ",
  "x.",
  "a*b",
  "a?b",
  'a"b',
  "a<b",
  "a|b",
  "\ud800",
];
const AROUND: readonly ((part: string) => string)[] = [
  (part) => part,
  (part) => `dir/${part}`,
  (part) => `${part}/file`,
  (part) => `a/${part}/b`,
];

describe("refuseArtifactName", () => {
  it.each(["a", "target/app.tar.gz", "überall/ключ.txt", "a b/c-d_e.f", "x".repeat(255), ".config/x"])(
    "allows %s",
    (name) => {
      expect(refuseArtifactName(name)).toBeNull();
    },
  );

  it("refuses every bad part, wherever it stands", () => {
    for (const part of PARTS)
      for (const around of AROUND)
        expect(refuseArtifactName(around(part)), JSON.stringify(around(part))).not.toBeNull();
  });

  it.each([
    "/etc/passwd",
    "a//b",
    "a/",
    "x".repeat(256),
    `${"d/".repeat(40)}x`,
    `${`${"x".repeat(200)}/`.repeat(6)}y`,
    "C:\\x",
    "\\\\host\\share",
  ])("refuses %s", (name) => expect(refuseArtifactName(name)).toMatch(/^must /));
});
