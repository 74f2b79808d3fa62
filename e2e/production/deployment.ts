import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { TestAuthority } from "../../lib/testing/certificates.ts";
import { migrate } from "../../scripts/prisma/cli.ts";
import { ensureInstalled } from "../../scripts/services/packages.ts";
import { freePort } from "../../scripts/services/ports.ts";
import { type Services, startServices } from "../../scripts/services/services.ts";
import { build, isBuilt } from "../../scripts/start/build.ts";
import { Child } from "../../scripts/start/child.ts";
import { TEST_DIST_DIR } from "../../scripts/test/browser-tests.ts";
import { SourceRepository } from "../fixtures/source-repository.ts";
import { namesOfEnvironment, readUnit } from "./documents.ts";
import { HttpsClient } from "./https-client.ts";
import { NginxProxy } from "./proxy.ts";

/** The product as `docs/production/` sets it up: its units behind its proxy, two web processes, on services that somebody else runs. */
export interface Deployment {
  client: HttpsClient;
  baseUrl: string;
  /** Plain http, which leads to the other. */
  plainUrl: string;
  artifactOrigin: string;
  databaseUrl: string;
  repository: SourceRepository;
  /** Stops a web process as systemd does, and starts it again; resolves when it listens. */
  restartWeb(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** The pool of the only worker, and the repository's name. */
export const NAMES = { pool: "linux", repository: "app", branch: "app-main" };

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Starts it all; what was started is stopped again when it fails. */
export async function startDeployment(): Promise<Deployment> {
  await ensureInstalled(["redis", "openldap", "git", "nginx"], console.log);
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-production-"));
  chmodSync(folder, 0o755); // system users that run PostgreSQL and steps must get through
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return { ...(await bringUp(folder, ends)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(folder: string, ends: (() => unknown)[]): Promise<Omit<Deployment, "stop">> {
  const target = { root: ROOT, distDir: TEST_DIST_DIR, logFile: path.join(folder, "build.log") };
  if (!isBuilt(target)) await build(target);
  const repository = new SourceRepository(NAMES.repository);
  ends.push(() => repository.remove());
  const services = await startServices({
    folder: path.join(folder, "services"),
    secretsFolder: path.join(folder, "secrets"),
    durable: false,
    kinds: ["database", "redis", "directory"],
  });
  ends.push(() => services.stop());
  const [httpsPort, httpPort, ...webPorts] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const authority = new TestAuthority(folder);
  const certificate = authority.issue("proxy", "DNS:localhost,IP:127.0.0.1");
  const baseUrl = `https://localhost:${httpsPort}`;
  const artifactOrigin = `https://127.0.0.1:${httpsPort}`;

  const env = serverEnv(folder, services, repository.bare, { BASE_URL: baseUrl, ARTIFACT_ORIGIN: artifactOrigin });
  await migrate(env.DATABASE_URL ?? "");
  const proxy = NginxProxy.start({ folder, certificate, httpsPort, httpPort, webPorts });
  ends.push(() => proxy.stop());
  const startWeb = (index: number) => startUnit(folder, "web", index, { ...env, PORT: String(webPorts[index]) });
  const webs = webPorts.map((_, index) => startWeb(index));
  const others = [
    startUnit(folder, "timer", 0, env),
    startUnit(folder, "worker", 0, workerEnv(folder, baseUrl, path.join(folder, "authority.pem"))),
  ];
  ends.push(() => Promise.all([...others, ...webs].map((child) => child.stop())));
  await Promise.all(webPorts.map(untilListening));
  return {
    client: new HttpsClient(authority.pem),
    baseUrl,
    plainUrl: `http://localhost:${httpPort}`,
    artifactOrigin,
    databaseUrl: env.DATABASE_URL ?? "",
    repository,
    restartWeb: async (index) => {
      await webs[index]?.stop();
      webs[index] = startWeb(index);
      await untilListening(webPorts[index] ?? 0);
    },
  };
}

/** A value for each variable that the page names, and for no other. */
function serverEnv(folder: string, services: Services, repositoryUrl: string, origins: Record<string, string>) {
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text, { mode: 0o600 });
    return path.join(folder, name);
  };
  const token = randomBytes(24).toString("hex");
  file("worker-token", token);
  file("linux-token", token);
  const config = {
    version: 1,
    repositories: [{ name: NAMES.repository, url: repositoryUrl, branches: [{ ref: "main", name: NAMES.branch }] }],
    pools: [{ name: NAMES.pool, token: { file: "linux-token" } }],
    roles: { developer: ["developers"], sheriff: ["sheriffs"], admin: ["admins"] },
  };
  const values: Record<string, string | undefined> = {
    ...services.env,
    ...origins,
    LDAP_BIND_PASSWORD_FILE: file("ldap-password", services.env.LDAP_BIND_PASSWORD ?? ""),
    NEXTAUTH_SECRET_FILE: file("session-secret", randomBytes(36).toString("base64")),
    CONFIG_FILE: file("selfserve.yml", JSON.stringify(config)),
    DATA_DIR: path.join(folder, "data"),
  };
  mkdirSync(path.join(folder, "data"));
  return told("BASE_URL", values);
}

function workerEnv(folder: string, server: string, authorityFile: string) {
  const values = {
    SELFSERVE_SERVER: server,
    SELFSERVE_WORKER: "builder-1",
    SELFSERVE_POOLS: NAMES.pool,
    SELFSERVE_TOKEN_FILE: path.join(folder, "worker-token"),
  };
  return { ...told("SELFSERVE_SERVER", values), NODE_EXTRA_CA_CERTS: authorityFile };
}

/** What the block of the page that begins with `first` would hold here. */
function told(first: string, values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    namesOfEnvironment(first).map((name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`The page names ${name}, and this test does not know a value for it.`);
      return [name, value];
    }),
  );
}

/** Runs what a unit runs; this test's own folders stand for those of the system, and its user for the units' users. */
function startUnit(
  folder: string,
  kind: "web" | "timer" | "worker",
  index: number,
  env: Record<string, string>,
): Child {
  const unit = readUnit(kind);
  const here: Record<string, string> = {
    ...(kind === "worker" ? { SELFSERVE_WORK_DIR: path.join(folder, "work") } : { NEXT_DIST_DIR: TEST_DIST_DIR }),
  };
  const { SELFSERVE_RUN_AS: _, ...own } = unit.env;
  const child = new Child({
    name: `${kind}-${index}`,
    script: path.join(ROOT, unit.script),
    env: { NODE_ENV: "production", PATH: process.env.PATH, ...own, ...env, ...here },
    cwd: ROOT,
    logsFolder: path.join(folder, "logs"),
    recordsFolder: path.join(folder, "processes"),
    graceSeconds: 15,
    onUnexpectedExit: (sentence) => console.error(sentence),
  });
  child.start();
  return child;
}

async function untilListening(port: number): Promise<void> {
  for (const giveUpAt = performance.now() + 60_000; performance.now() < giveUpAt; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/login`, { redirect: "manual" }).catch(() => null);
    await answer?.body?.cancel();
    if (answer && answer.status < 500) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Nothing answers on port ${port}.`);
}
