import { describe, expect, it } from "vitest";
import { readCorpus } from "../testing/corpus/read-corpus.ts";
import { checkInTreeConfig } from "./in-tree-config.ts";

const FACTS = {
  branch: "app-main",
  trustLevel: 2,
  pools: [
    { name: "linux", trustLevel: 2 },
    { name: "mac", trustLevel: 2 },
    { name: "try-linux", trustLevel: 1 },
  ],
};

const check = (text: string | Uint8Array, facts = FACTS) => checkInTreeConfig(Buffer.from(text), facts);

/** The first error of a file that should have some. */
function firstError(text: string | Uint8Array) {
  const result = check(text);
  return result.ok ? undefined : result.errors[0];
}

const builder = (name: string, more = "") =>
  `  - {name: ${name}, platform: linux64, pool: linux, steps: [{name: run, run: make}]${more}}\n`;

describe("a sound configuration", () => {
  it("gets every default", () => {
    expect(check(`version: 1\nbuilders:\n${builder("build")}`)).toEqual({
      ok: true,
      definitions: [
        {
          name: "build",
          platform: "linux64",
          kind: "build",
          pool: "linux",
          needs: [],
          steps: [{ name: "run", run: "make", timeoutSeconds: 3600 }],
          env: {},
          artifacts: [],
          timeoutSeconds: 3600,
          exclusive: false,
          mergeable: false,
          considerForNightly: true,
        },
      ],
    });
  });

  it("keeps what it says, and its order", () => {
    const result = check(`
version: 1
builders:
  - name: linux64 debug test mochitest-2
    platform: linux64
    kind: test
    pool: mac
    needs: [linux64 debug build, linux64 debug build]
    timeout: 1h30m
    exclusive: true
    env: { MODE: debug }
    artifacts: ["reports/**/*.xml"]
    steps:
      - name: test
        run: |
          make check
          make report
        timeout: 90s
      - { name: clean, run: make clean }
  - { name: linux64 debug build, platform: linux64, pool: linux, considerForNightly: false, steps: [{ name: b, run: make }] }
`);
    expect(result.ok && result.definitions).toMatchObject([
      {
        name: "linux64 debug test mochitest-2",
        kind: "test",
        needs: ["linux64 debug build"],
        timeoutSeconds: 5400,
        exclusive: true,
        mergeable: true,
        considerForNightly: false,
        env: { MODE: "debug" },
        artifacts: ["reports/**/*.xml"],
        steps: [
          { name: "test", run: "make check\nmake report\n", timeoutSeconds: 90 },
          { name: "clean", run: "make clean", timeoutSeconds: 5400 },
        ],
      },
      { name: "linux64 debug build", mergeable: true, considerForNightly: false },
    ]);
  });

  it("runs in the pool of the branch's trust level", () => {
    const text = `version: 1\nbuilders:\n${builder("build").replace("pool: linux", "pool: [linux, try-linux]")}`;
    const poolOf = (trustLevel: number) => {
      const result = check(text, { ...FACTS, trustLevel });
      return result.ok ? result.definitions[0]?.pool : result.errors[0]?.message;
    };
    expect(poolOf(2)).toBe("linux");
    expect(poolOf(1)).toBe("try-linux");
    expect(poolOf(3)).toBe(
      "The pool linux has trust level 2, try-linux has trust level 1, but the branch app-main has 3; no pool fits; ask an admin for one.",
    );
  });

  it("may have a long chain of needs", () => {
    const chain = Array.from({ length: 500 }, (_, index) =>
      builder(`b${index}`, index === 499 ? "" : `, needs: [b${index + 1}]`),
    );
    const result = check(`version: 1\nbuilders:\n${chain.join("")}`);
    expect(result.ok && result.definitions).toHaveLength(500);
  });
});

describe("a broken configuration", () => {
  it.each(readCorpus("in-tree-config.txt"))("$name", ({ bytes, line, column, message }) => {
    const error = firstError(bytes);
    expect(error?.message).toContain(message);
    expect(error).toMatchObject({ file: ".selfserve.yml", line, column });
  });

  it("may have 500 builders of 100 steps and no more", () => {
    const builders = Array.from({ length: 501 }, (_, index) => builder(`b${index}`)).join("");
    expect(firstError(`version: 1\nbuilders:\n${builders}`)).toMatchObject({
      line: 3,
      message: "builders must have at most 500 builders; it is a list.",
    });
    const steps = Array.from({ length: 101 }, (_, index) => `{name: s${index}, run: x}`).join(", ");
    expect(
      firstError(`version: 1\nbuilders:\n  - {name: a, platform: p, pool: linux, steps: [${steps}]}`)?.message,
    ).toContain("must have at most 100 steps");
  });

  it("is refused unread when it is too large", () => {
    expect(firstError(new Uint8Array(1024 * 1024 + 1))?.message).toBe(
      "The file has 1048577 bytes; at most 1048576 are read.",
    );
  });

  it("has at most a hundred errors told", () => {
    const result = check(`version: 1\nbuilders:\n${Array.from({ length: 400 }, () => "  - {}\n").join("")}`);
    expect(!result.ok && result.errors).toHaveLength(100);
  });
});
