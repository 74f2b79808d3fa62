import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../lib/testing/temporary-folder.ts";
import { identify } from "../services/processes.ts";
import { build, isBuilt } from "./build.ts";
import { Child, endOrphans } from "./child.ts";
import { localPools, writeFirstConfig } from "./config.ts";
import { closeToOthers, requireWritable, resetFolder } from "./data-folder.ts";
import { checkGiven } from "./environment.ts";
import { FolderInUseError, lockFolder } from "./lock.ts";
import { OptionError, readStartOptions } from "./options.ts";

describe("options", () => {
  it("have defaults", () => {
    expect(readStartOptions([])).toEqual({ port: undefined, workers: 2, demo: true, reset: false });
  });

  it("are taken", () => {
    const argv = ["--port", "0", "--workers=5", "--no-demo", "--reset"];
    expect(readStartOptions(argv)).toEqual({ port: 0, workers: 5, demo: false, reset: true });
  });

  it.each([
    [["--port", "http"], '--port is "http"; it must be a whole number from 0 to 65535.'],
    [["--port", "65536"], "--port is"],
    [["--workers", "-1"], "--workers"],
    [["--workers", "65"], '--workers is "65"; it must be a whole number from 0 to 64.'],
    [["--prot", "1"], "Ask for --help"],
    [["extra"], "Ask for --help"],
  ])("%j", (argv, message) => {
    expect(() => readStartOptions(argv)).toThrow(OptionError);
    expect(() => readStartOptions(argv)).toThrow(message);
  });
});

describe("variables the user gave", () => {
  it("may be none", () => {
    expect(() => checkGiven({})).not.toThrow();
    expect(() => checkGiven({ DATABASE_URL: "", LDAP_URL: "" })).not.toThrow();
  });

  it.each([
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL is malformed"],
    [{ REDIS_URL: "x" }, "REDIS_URL is malformed"],
    [{ PORT: "x" }, "PORT is malformed"],
    [{ LDAP_URL: "ldaps://ldap.example.org" }, "LDAP_BIND_DN is missing"],
    [{ NEXTAUTH_SECRET_FILE: "/none" }, "NEXTAUTH_SECRET_FILE cannot be read"],
    [{ DATABASE_URL_FILE: "/none" }, /^The environment is not complete:\n {2}DATABASE_URL_FILE cannot be read/],
    [{ LDAP_URL_FILE: "/none" }, "LDAP_BIND_DN is missing"],
  ])("%j", (given, message) => {
    expect(() => checkGiven(given)).toThrow(message);
  });
});

describe("the data folder", () => {
  it("is emptied of what the product keeps, and of nothing else", async () => {
    const folder = temporaryFolder();
    for (const name of ["selfserve.yml", "bootstrap.lock"]) writeFileSync(path.join(folder, name), "");
    await resetFolder(folder, true);
    expect(readdirSync(folder)).toEqual(["bootstrap.lock"]);
    for (const name of ["selfserve.yml", "letter.txt"]) writeFileSync(path.join(folder, name), "");
    await expect(resetFolder(folder, true)).rejects.toThrow("which holds letter.txt, too.");
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it("must be one that can be written", () => {
    expect(() => requireWritable(path.join(temporaryFolder(), "a/b"))).not.toThrow();
    expect(() => requireWritable("/proc/none/b")).toThrow("The data folder /proc/none/b cannot be used: ");
  });

  it("keeps others out of its logs and artifacts", () => {
    const folder = temporaryFolder();
    closeToOthers(folder);
    for (const name of readdirSync(folder)) expect(statSync(path.join(folder, name)).mode & 0o077).toBe(0);
    expect(readdirSync(folder)).toContain("logs");
  });

  it("needs a place for its configuration", () => {
    const folder = temporaryFolder();
    const file = path.join(folder, "none/selfserve.yml");
    expect(() => writeFirstConfig(folder, file)).toThrow(`CONFIG_FILE is ${file}, which cannot be made: `);
  });
});

describe("the lock of a data folder", () => {
  it("is refused while its holder lives, and given after", async () => {
    const folder = temporaryFolder();
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError);
    lock.release();
    (await lockFolder(folder)).release();
  });

  it("does not believe a holder that was killed, a number that means another process by now, or a broken file", async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, "start.lock");
    for (const left of [{ pid: 999_999_999, started: "x" }, { pid: process.pid, started: "another time" }, "{"]) {
      writeFileSync(file, typeof left === "string" ? left : JSON.stringify(left));
      (await lockFolder(folder)).release();
    }
    expect(existsSync(file)).toBe(false);
  });
});

describe("a child process", () => {
  const childIn = (folder: string, code: string) => {
    const script = path.join(folder, "child.ts");
    writeFileSync(script, code);
    const said: string[] = [];
    const child = new Child({
      name: "child",
      script,
      env: { NODE_ENV: "test" },
      cwd: folder,
      logsFolder: path.join(folder, "logs"),
      recordsFolder: path.join(folder, "processes"),
      graceSeconds: 1,
      onUnexpectedExit: (sentence) => said.push(sentence),
    });
    onTestFinished(() => child.stop(0));
    child.start();
    return { child, said };
  };

  it("is started again when it dies, and told about", async () => {
    const { child, said } = childIn(temporaryFolder(), "setInterval(() => {}, 1000);");
    const first = child.pid;
    child.kill();
    await expect.poll(() => child.pid).not.toBe(first);
    expect(said).toEqual([expect.stringContaining("child stopped (ended by SIGKILL); starting it again in 0.5 s.")]);
  });

  it("is killed with its group when it does not stop in time", async () => {
    const code = `
      import { spawn } from "node:child_process";
      process.on("SIGTERM", () => {});
      console.log(spawn("sleep", ["1000"], { stdio: "ignore" }).pid);
    `;
    const { child } = childIn(temporaryFolder(), code);
    await expect.poll(() => existsSync(child.logFile) && readFileSync(child.logFile, "utf8")).toMatch(/^\d+\n/);
    const grandchild = Number(child.lastLines());
    await child.stop();
    await expect.poll(() => identify(grandchild)).toBeUndefined();
  });

  it("is found and ended by the next start when ours was killed", async () => {
    const folder = temporaryFolder();
    const { child } = childIn(folder, "setInterval(() => {}, 1000);");
    const pid = child.pid ?? 0;
    const ended = child.stop; // what a kill -9 of us would keep from happening
    await endOrphans(path.join(folder, "processes"));
    expect(identify(pid)).toBeUndefined();
    await ended.call(child, 0);
  });
});

describe("the first configuration", () => {
  it("has a pool that local workers can serve, and is not written twice", () => {
    const folder = temporaryFolder();
    const file = path.join(folder, "selfserve.yml");
    writeFirstConfig(folder, file);
    expect(localPools(file)).toEqual([{ name: "linux", token: expect.stringMatching(/^[\w-]{43}$/) }]);
    writeFileSync(file, "version: 1\n");
    writeFirstConfig(folder, file);
    expect(localPools(file)).toEqual([]);
  });

  it.each(["", "version: 2", "pools: [", "version: 1\npools:\n  - { name: a, token: { file: none } }"])(
    "gives no pools when it is %j",
    (text) => {
      const file = path.join(temporaryFolder(), "selfserve.yml");
      writeFileSync(file, text);
      expect(localPools(file)).toEqual([]);
    },
  );

  it("keeps local workers to one trust level", () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "t"), "token\n");
    const file = path.join(folder, "selfserve.yml");
    const pool = (name: string, trustLevel: number) =>
      `  - { name: ${name}, trustLevel: ${trustLevel}, token: { file: t } }\n`;
    writeFileSync(file, `version: 1\npools:\n${pool("a", 1)}${pool("b", 3)}${pool("c", 1)}`);
    expect(localPools(file).map(({ name }) => name)).toEqual(["a", "c"]);
  });
});

describe("the production build", () => {
  it("is not taken for made when there is none, or when it failed", async () => {
    const root = temporaryFolder();
    const options = { root, distDir: ".next", logFile: path.join(root, "logs/build.log") };
    expect(isBuilt(options)).toBe(false);
    await expect(build(options)).rejects.toThrow(`The build failed. The end of ${options.logFile} says:`);
    expect(isBuilt(options)).toBe(false);
  });
});
