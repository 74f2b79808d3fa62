import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Client as Ldap } from "ldapts";
import { Client as Postgres } from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { makeTemporaryFolder } from "../../lib/testing/temporary-folder.ts";
import { DIRECTORY_NAMES } from "./directory-content.ts";
import { isPortFree } from "./ports.ts";
import { isAlive, type ProcessIdentity } from "./processes.ts";
import { type Services, startServices } from "./services.ts";

let folder: string;
let services: Services;

const start = () =>
  startServices({
    folder,
    secretsFolder: path.join(folder, "secrets"),
    durable: true,
    kinds: ["database", "redis", "directory"],
  });

beforeAll(async () => {
  folder = makeTemporaryFolder("services");
  services = await start();
});

afterAll(async () => {
  await services.stop();
  rmSync(folder, { recursive: true, force: true });
});

const NAMES = ["postgres", "redis", "directory"] as const;

function running(name: (typeof NAMES)[number]): ProcessIdentity {
  return JSON.parse(readFileSync(path.join(folder, name, "process.json"), "utf8")) as ProcessIdentity;
}

async function query(sql: string): Promise<unknown[]> {
  const client = new Postgres({ connectionString: services.env.DATABASE_URL });
  client.on("error", () => {}); // the server may be killed meanwhile; the query fails as well
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function bind(dn: string, password: string): Promise<Ldap> {
  const client = new Ldap({ url: services.env.LDAP_URL ?? "" });
  onTestFinished(() => client.unbind());
  await client.bind(dn, password);
  return client;
}

describe("the private directory", () => {
  it.each(["dev", "dana", "sheriff", "admin"])("lets %s in with the name as password", async (uid) => {
    await bind(`uid=${uid},${DIRECTORY_NAMES.userBase}`, uid);
  });

  it("refuses a wrong password, and one with no characters", async () => {
    await expect(bind(`uid=dev,${DIRECTORY_NAMES.userBase}`, "dana")).rejects.toThrow();
    await expect(bind(`uid=dev,${DIRECTORY_NAMES.userBase}`, "")).rejects.toThrow();
  });

  it("shows the service account people and their groups, but no password", async () => {
    const client = await bind(DIRECTORY_NAMES.service, services.env.LDAP_BIND_PASSWORD ?? "");
    const { searchEntries } = await client.search(DIRECTORY_NAMES.userBase, {
      filter: "(uid=sheriff)",
      attributes: ["mail", "memberOf", "userPassword"],
    });
    const groups = ["developers", "sheriffs"].map((name) => `cn=${name},${DIRECTORY_NAMES.groupBase}`);
    expect(searchEntries).toEqual([
      expect.objectContaining({ mail: "sheriff@example.org", memberOf: groups, userPassword: [] }),
    ]);
  });

  it("shows a person nobody else", async () => {
    const client = await bind(`uid=dev,${DIRECTORY_NAMES.userBase}`, "dev");
    const { searchEntries } = await client
      .search(DIRECTORY_NAMES.userBase, { filter: "(uid=*)" })
      .catch(() => ({ searchEntries: [] }));
    expect(searchEntries.length).toBeLessThanOrEqual(1);
  });
});

describe("secrets", () => {
  it("are long and for their owner alone", () => {
    for (const name of NAMES) {
      const file = path.join(folder, "secrets", `${name}-password`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, "utf8")).toMatch(/^[\w-]{43}$/);
    }
    expect(statSync(path.join(folder, "secrets")).mode & 0o777).toBe(0o700);
  });
});

describe("a service that is killed", () => {
  it.each(NAMES)("is started again at the same address: %s", async (name) => {
    const before = running(name);
    process.kill(before.pid, "SIGKILL");
    await expect.poll(() => running(name).pid).not.toBe(before.pid);
    await expect.poll(() => query("SELECT 1 AS a").catch(() => [])).toEqual([{ a: 1 }]);
    await bind(DIRECTORY_NAMES.service, services.env.LDAP_BIND_PASSWORD ?? "").catch(() => {});
  });
});

/** Starts the services from a process that is killed as soon as they run. */
function startAndDie(): void {
  const script = path.join(folder, "start-and-die.ts");
  const options = {
    folder,
    secretsFolder: path.join(folder, "secrets"),
    durable: true,
    kinds: ["database", "redis", "directory"],
  };
  writeFileSync(
    script,
    `import { startServices } from ${JSON.stringify(path.join(import.meta.dirname, "services.ts"))};
     await startServices(${JSON.stringify(options)});
     process.kill(process.pid, "SIGKILL");`,
  );
  expect(spawnSync(process.execPath, [script], { encoding: "utf8" })).toMatchObject({ signal: "SIGKILL", stderr: "" });
}

describe("a second start", () => {
  it("finds the data of the first, and ends what a kill left running", async () => {
    await query("CREATE TABLE kept AS SELECT 42 AS answer");
    const { env } = services;
    await services.stop();
    startAndDie();
    const left = NAMES.map(running);
    expect(left.map(isAlive)).toEqual([true, true, true]);

    services = await start();
    expect(left.map(isAlive)).toEqual([false, false, false]);
    expect(services.env).toEqual(env);
    expect(await query("SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  it("does not believe a lock whose number belongs to another program by now", async () => {
    await services.stop();
    const lock = path.join(folder, "postgres/cluster/postmaster.pid");
    writeFileSync(lock, `${process.pid}\n${path.dirname(lock)}\n0\n`);
    services = await start();
    expect(await query("SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  });

  it("leaves nothing behind when it stops", async () => {
    const left = NAMES.map(running);
    const ports = NAMES.map((name) => Number(readFileSync(path.join(folder, name, "port"), "utf8")));
    await services.stop();
    expect(left.map(isAlive)).toEqual([false, false, false]);
    expect(await Promise.all(ports.map((port) => isPortFree(port)))).toEqual([true, true, true]);
    expect(NAMES.filter((name) => existsSync(path.join(folder, name, "process.json")))).toEqual([]);
    services = await start();
  });
});
