import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readCorpus } from "../testing/corpus/read-corpus.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { checkServerConfig, readServerConfig } from "./server-config.ts";

const ENVIRONMENT = { GOOD_TOKEN: "a token that is long enough", SHORT_TOKEN: "short" };

const check = (text: string | Uint8Array) =>
  checkServerConfig(Buffer.from(text), { file: "/etc/selfserve/selfserve.yml", environment: ENVIRONMENT });

/** The first error of a file that should have some. */
function firstError(text: string | Uint8Array) {
  const result = check(text);
  return result.ok ? undefined : result.errors[0];
}

describe("a sound configuration", () => {
  it("gets every default", () => {
    const result = check(`
version: 1
repositories:
  - name: app
    url: git@git.example.org:team/app.git
    branches:
      - { ref: main, name: app-main }
      - { ref: try, name: try, try: true, basePriority: -4 }
pools:
  - { name: linux, token: { env: GOOD_TOKEN } }
  - name: signing
    trustLevel: 1
    strict: true
    merge: never
    fastSpeed: 1.5
    reserve: { workers: 2, branches: [app-main, app-main] }
    idleAbove: 4
roles: { admin: [admins] }
`);
    const linux = createHash("sha256").update(ENVIRONMENT.GOOD_TOKEN).digest("hex");
    expect(result).toEqual({
      ok: true,
      config: {
        repositories: [
          {
            name: "app",
            url: "git@git.example.org:team/app.git",
            pollSeconds: 10,
            branches: [
              branch({ ref: "main", name: "app-main", allowMerge: true }),
              branch({ ref: "try", name: "try", isTry: true, trustAuthors: true, basePriority: -4 }),
            ],
          },
        ],
        pools: [
          {
            name: "linux",
            trustLevel: 1,
            headStartMinutes: 10,
            tokenHash: linux,
            mergeWhen: "backlog",
            fastSpeed: null,
            reserveWorkers: 0,
            reserveBranches: [],
            idleAbove: 0,
          },
          {
            name: "signing",
            trustLevel: 1,
            headStartMinutes: "strict",
            tokenHash: null,
            mergeWhen: "never",
            fastSpeed: 1.5,
            reserveWorkers: 2,
            reserveBranches: ["app-main"],
            idleAbove: 4,
          },
        ],
        roles: { developer: [], sheriff: [], admin: ["admins"] },
      },
    });
  });

  it.each([
    "/srv/git/app.git",
    "file:///srv/git/app.git",
    "https://git.example.org/app.git",
    "http://127.0.0.1:8080/app.git",
    "ssh://git@git.example.org:2222/app.git",
    "git@git.example.org:team/app.git",
    "git.example.org:app.git",
  ])("takes the address %s", (url) => {
    expect(
      check(`{version: 1, pools: [{name: a}], repositories: [{name: r, url: "${url}", branches: [{ref: m, name: m}]}]}`)
        .ok,
    ).toBe(true);
  });

  it("takes anchors and aliases", () => {
    expect(check("version: 1\npools: &all [{name: a}]\nroles: {admin: &g [x], sheriff: *g}\n").ok).toBe(true);
  });

  it("takes a byte order mark and Windows line ends", () => {
    expect(check("\ufeffversion: 1\r\npools: []\r\n").ok).toBe(true);
  });

  it("reads a token from a file beside it", async () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "token"), "0123456789abcdef\n");
    writeFileSync(path.join(folder, "selfserve.yml"), "version: 1\npools: [{name: linux, token: {file: token}}]\n");
    const read = await readServerConfig(path.join(folder, "selfserve.yml"), {});
    expect(read.ok && read.config.pools[0]?.tokenHash).toBe(
      createHash("sha256").update("0123456789abcdef").digest("hex"),
    );
  });
});

describe("a broken configuration", () => {
  it.each(readCorpus("server-config.txt"))("$name", ({ bytes, line, column, message }) => {
    const error = firstError(bytes);
    expect(error?.message).toContain(message);
    expect(error).toMatchObject({ file: "selfserve.yml", line, column });
  });

  it("has all its errors told, in the order of the file", () => {
    const result = check("version: 3\npool: []\npools: [{name: linux, trustLevel: 9, speed: 1}]\n");
    expect(!result.ok && result.errors.map(({ line, key }) => [line, key])).toEqual([
      [1, "version"],
      [2, "pool"],
      [3, "pools[0].trustLevel"],
      [3, "pools[0].speed"],
    ]);
  });

  it("is refused unread when it is too large", () => {
    expect(firstError(new Uint8Array(5 * 1024 * 1024 + 1))?.message).toBe(
      "The file has 5242881 bytes; at most 5242880 are read.",
    );
  });

  it("is an error when it is nested as deep as it is long", () => {
    expect(firstError("[".repeat(100_000))?.message).toMatch(/nested|YAML/);
    expect(firstError(`version: 1\npools: ${"[".repeat(120)}${"]".repeat(120)}`)?.message).toContain(
      "more than 50 levels",
    );
  });

  it("takes time that grows with its keys, not with their square", () => {
    const cpuMs = (count: number) => {
      const keys = Array.from({ length: count }, (_, index) => `key${index}: 1`).join("\n");
      const before = process.cpuUsage();
      expect(firstError(`version: 1\n${keys}`)?.message).toContain('no key "key0"');
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    cpuMs(1_000);
    expect(cpuMs(32_000)).toBeLessThan(16 * Math.max(cpuMs(4_000), 100)); // a square would be 64 times
  });

  it("never has a token in its messages", () => {
    const result = check("version: 1\npools: [{name: a, token: {env: SHORT_TOKEN}}]");
    expect(JSON.stringify(result)).not.toContain('short"');
  });

  it("that is not there says so", async () => {
    const read = await readServerConfig("/nowhere/selfserve.yml", {});
    expect(!read.ok && read.errors[0]?.message).toContain("cannot be read from /nowhere/selfserve.yml");
  });
});

function branch(part: object) {
  return { basePriority: 0, trustLevel: 1, isTry: false, trustAuthors: false, allowMerge: false, ...part };
}
