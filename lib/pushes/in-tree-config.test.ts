import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
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
          mergeLimit: 3,
          affinity: null,
          workers: "any",
          idle: false,
          chunk: null,
          retry: { limit: 5, exitCodes: [] },
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

  it("keeps how it is merged, placed and retried", () => {
    const more = ", mergeLimit: all, affinity: objdir, workers: fast, retry: {limit: 0, exitCodes: [75, 2, 75]}";
    const result = check(
      `version: 1\nbuilders:\n${builder("a", more)}${builder("b", ", idle: true, mergeLimit: 100")}`,
    );
    expect(result.ok && result.definitions).toMatchObject([
      { mergeLimit: "all", affinity: "objdir", workers: "fast", retry: { limit: 0, exitCodes: [2, 75] } },
      { mergeLimit: 100, idle: true, workers: "any" },
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

it.each([
  ["sax", 3],
  ["sqlite", 7],
  ["words", 3],
])("the demo's configuration of %s is sound", (project, count) => {
  const bytes = readFileSync(path.resolve(import.meta.dirname, `../../demo/${project}/selfserve.yml`));
  const result = check(bytes);
  expect(result.ok ? result.definitions : result.errors).toHaveLength(count);
});

describe("a suite with chunks", () => {
  const suite = (name: string, chunks: number, more = "") => builder(name, `, kind: test, chunks: ${chunks}${more}`);
  const namesOf = (text: string) => {
    const result = check(`version: 1\nbuilders:\n${text}`);
    return result.ok ? result.definitions.map(({ name, needs, chunk }) => ({ name, needs, chunk })) : result.errors;
  };

  it("is a builder per chunk, and who needs it needs them all", () => {
    expect(
      namesOf(builder("build") + suite("unit", 2, ", needs: [build]") + builder("sum", ", needs: [build, unit]")),
    ).toEqual([
      { name: "build", needs: [], chunk: null },
      { name: "unit-1", needs: ["build"], chunk: { suite: "unit", index: 1, of: 2 } },
      { name: "unit-2", needs: ["build"], chunk: { suite: "unit", index: 2, of: 2 } },
      { name: "sum", needs: ["build", "unit-1", "unit-2"], chunk: null },
    ]);
  });

  it("keeps its numbered name when it has one chunk", () => {
    expect(namesOf(suite("unit", 1))).toEqual([
      { name: "unit-1", needs: [], chunk: { suite: "unit", index: 1, of: 1 } },
    ]);
  });

  it("leaves every name unique and every need a builder, or says what is wrong", () => {
    const name = fc.constantFrom("a", "a-1", "a-2", "b", "b-1", "a-1-1", "c");
    const one = fc.record({
      name,
      kind: fc.constantFrom("build", "test"),
      chunks: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      needs: fc.array(name, { maxLength: 3 }),
    });
    const more = { platform: "p", pool: "linux", steps: [{ name: "s", run: "x" }] };
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (builders) => {
        const result = check(JSON.stringify({ version: 1, builders: builders.map((part) => ({ ...more, ...part })) }));
        if (!result.ok) {
          expect(result.errors.filter(({ message }) => !/[.?]$/.test(message))).toEqual([]);
          return;
        }
        const names = result.definitions.map((definition) => definition.name);
        expect(new Set(names).size).toBe(names.length);
        expect(result.definitions.flatMap(({ needs }) => needs).filter((need) => !names.includes(need))).toEqual([]);
        expect(names).toHaveLength(builders.reduce((sum, { chunks }) => sum + (chunks ?? 1), 0));
      }),
    );
  });

  it("counts with each chunk", () => {
    const many = Array.from({ length: 5 }, (_, index) => suite(`s${index}`, 100)).join("");
    expect(namesOf(many)).toHaveLength(500);
    expect(namesOf(many + suite("more", 3) + suite("yet-more", 3))).toMatchObject([
      {
        line: 8,
        key: "builders[5].chunks",
        message: "The file has 503 builders up to here, each chunk counted; it may have 500.",
      },
    ]);
  });

  it("has room for the number in its name", () => {
    expect(namesOf(suite("x".repeat(197), 10))).toHaveLength(10);
    expect(namesOf(suite("x".repeat(198), 10))).toMatchObject([
      {
        key: "builders[0].chunks",
        message: expect.stringContaining('at most 200 characters with the number behind it, such as "-10"'),
      },
    ]);
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
