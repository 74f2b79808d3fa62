import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { readOptions } from "./options.ts";

describe("readOptions", () => {
  it("takes flags before variables before defaults", () => {
    const env = {
      SELFSERVE_POOLS: "a,b",
      SELFSERVE_TOKEN: "t",
      SELFSERVE_SLOTS: "3",
      SELFSERVE_WORKER: "env",
      PATH: "/bin",
    };
    const options = readOptions(["--slots", "5"], env);
    expect(options).toMatchObject({ slots: 5, name: "env", stepPath: "/bin", runAs: null, wrapper: [], speed: 1 });
    expect(options?.pools).toEqual([
      { name: "a", token: "t" },
      { name: "b", token: "t" },
    ]);
    expect(options?.server.href).toBe("http://127.0.0.1:3000/");
  });

  it("takes the machine's speed, which need not be whole", () => {
    const [argv, env] = [["--pools", "a"], { SELFSERVE_TOKEN: "t", SELFSERVE_SPEED: "0.5" }];
    expect(readOptions(argv, env)?.speed).toBe(0.5);
    expect(readOptions([...argv, "--speed", "2.5"], env)?.speed).toBe(2.5);
  });

  it("reads a token per pool from a file", () => {
    const file = path.join(temporaryFolder(), "tokens");
    writeFileSync(file, "common\nb = only-b\n");
    const options = readOptions(["--pools", "a,b,a", "--token-file", file], {});
    expect(options?.pools).toEqual([
      { name: "a", token: "common" },
      { name: "b", token: "only-b" },
    ]);
  });

  it("keeps secrets out of what git sees", () => {
    const env = { SELFSERVE_POOLS: "a", SELFSERVE_TOKEN: "t", PATH: "/bin", HOME: "/h", AWS_SECRET: "no" };
    expect(readOptions([], env)?.gitEnv).toEqual({ PATH: "/bin", HOME: "/h" });
  });

  it("answers null to --help", () => {
    expect(readOptions(["--help"], {})).toBeNull();
  });

  it.each([
    [["--pools", ""], "--pools names no pool"],
    [["--pools", "a b"], '--pools is "a b"; a name has'],
    [["--pools", "a", "--name", "../x"], '--name is "../x"; a name has'],
    [["--pools", "a", "--server", "ftp://x"], '--server is "ftp://x"; it must be'],
    [["--pools", "a", "--server", "http://u:p@x"], "without a user name"],
    [["--pools", "a", "--work-dir", "/"], '--work-dir is "/"; it must be a directory of the agent\'s own'],
    [["--pools", "a", "--slots", "1.5"], '--slots is "1.5"; it must be a whole number from 1 to 256'],
    [["--pools", "a", "--slots", "257"], '--slots is "257"'],
    [["--pools", "a", "--speed", "x"], '--speed is "x"; it must be a number'],
    [["--pools", "a", "--speed", "0"], '--speed is "0"; it must be a number from 0.001 to 1000'],
    [["--pools", "a", "--speed", "1001"], '--speed is "1001"; it must be a number from 0.001 to 1000'],
    [["--pools", "a", "--token-file", "/nowhere"], "--token-file /nowhere cannot be read"],
    [["--pools", "a", "--run-as", "nobody-of-this-name"], "--run-as"],
    [["--nope"], "Ask for --help to see all options."],
  ])("refuses %j", (argv, message) => {
    expect(() => readOptions(argv, { SELFSERVE_TOKEN: "t" })).toThrow(message);
  });

  it("refuses a pool without a token", () => {
    expect(() => readOptions(["--pools", "a"], {})).toThrow("Pool a has no registration token");
  });
});
