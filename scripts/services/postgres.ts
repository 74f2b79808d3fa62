import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { type Daemon, type DaemonOptions, endLeftover, startDaemon } from "./daemon.ts";
import { rememberedPort } from "./ports.ts";
import { copyBinaries, embeddedPostgres, postgresUser } from "./postgres-binaries.ts";
import { reachableHome } from "./postgres-home.ts";
import { endProcess, identify } from "./processes.ts";
import type { ServiceOptions } from "./redis.ts";
import { canReach, type SystemUser } from "./system-user.ts";

const USER = "selfserve";
const DATABASE = "selfserve";

/** A PostgreSQL server of our own: on 127.0.0.1, on a port that stays the same as long as it is free, with a password. */
export class PrivatePostgres {
  private readonly options: ServiceOptions;
  private daemon: Daemon | undefined;
  private port = 0;

  constructor(options: ServiceOptions) {
    this.options = options;
  }

  /** Where it answers, password included. */
  get url(): string {
    return this.urlOf(DATABASE);
  }

  /** Starts it, with the data of the last time; makes the cluster and the database `selfserve` the first time. */
  async start(): Promise<void> {
    const { folder } = this.options;
    const user = postgresUser();
    const home = reachableHome(folder, user);
    const binaries = canReach(user, path.join(embeddedPostgres(), "bin"))
      ? embeddedPostgres()
      : copyBinaries(embeddedPostgres(), path.join(home, "native"));
    const cluster = path.join(home, "cluster");
    if (!existsSync(path.join(cluster, "PG_VERSION"))) this.makeCluster(binaries, home, user);

    await endLeftover(folder, "SIGINT");
    await removeStaleLock(cluster);
    this.port = await rememberedPort(folder);
    await this.startServer(binaries, cluster, user);
  }

  private async startServer(binaries: string, cluster: string, user: SystemUser | undefined): Promise<void> {
    const { folder, durable } = this.options;
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.port,
      unix_socket_directories: "",
      max_connections: 300,
      shared_buffers: "128MB",
      // A power cut may take a test's data with it; nobody would miss them.
      ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_wal_size: "2GB" }),
    };
    const options: DaemonOptions = {
      name: "postgres",
      folder,
      command: path.join(binaries, "bin", "postgres"),
      args: ["-D", cluster, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      user,
      stopSignal: "SIGINT", // the fast shutdown: ends sessions, writes a checkpoint
      check: () => this.makeDatabase(),
      onUnexpectedExit: this.options.onUnexpectedExit,
    };
    const deadline = performance.now() + 10_000;
    this.daemon = undefined;
    while (!this.daemon) {
      try {
        this.daemon = await startDaemon(options);
      } catch (error) {
        // Sessions of a server that was killed hold its memory for a moment longer.
        if (!String(error).includes("shared memory block") || performance.now() > deadline) throw error;
        await wait(100);
      }
    }
  }

  /** Stops it in an orderly way, ending all sessions. */
  async stop(): Promise<void> {
    await this.daemon?.stop();
    this.daemon = undefined;
  }

  /** Ends it like a power cut; its children notice by themselves. */
  async kill(): Promise<void> {
    await this.daemon?.kill();
    this.daemon = undefined;
  }

  private urlOf(database: string): string {
    return `postgresql://${USER}:${this.options.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** In a folder beside the final one, so that an interrupted initialisation is never taken for a cluster. */
  private makeCluster(binaries: string, home: string, user: SystemUser | undefined): void {
    const draft = path.join(home, "cluster.new");
    const passwordFile = path.join(home, "password.new");
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, `${this.options.password}\n`, { mode: 0o600 });
    if (user) for (const entry of [draft, passwordFile]) chownSync(entry, user.uid, user.gid);
    const result = spawnSync(
      path.join(binaries, "bin", "initdb"),
      [
        `--pgdata=${draft}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        ...INITDB_FLAGS,
        ...(this.options.durable ? [] : ["--no-sync"]),
      ],
      { cwd: home, encoding: "utf8", env: { ...process.env, LC_ALL: "C" }, ...user },
    );
    rmSync(passwordFile, { force: true });
    if (result.status !== 0) {
      throw new Error(`PostgreSQL's initdb failed in ${draft}: ${result.error?.message ?? result.stderr.trim()}`);
    }
    renameSync(draft, path.join(home, "cluster"));
  }

  private async makeDatabase(): Promise<void> {
    const client = new Client({ connectionString: this.urlOf("postgres"), connectionTimeoutMillis: 5000 });
    client.on("error", () => {}); // an error event nobody listens to would end this process; the query fails as well
    await client.connect();
    try {
      const known = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
      if (known.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    } finally {
      await client.end();
    }
  }
}

const INITDB_FLAGS = [
  "--encoding=UTF8",
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--auth=scram-sha-256",
];

/**
 * After a kill -9, `postmaster.pid` names a process that is gone, or that by now is something else, and PostgreSQL
 * then refuses to start. A PostgreSQL that really still runs on this cluster is ended first.
 */
async function removeStaleLock(cluster: string): Promise<void> {
  const file = path.join(cluster, "postmaster.pid");
  if (!existsSync(file)) return;
  const [pidLine, dataLine] = readFileSync(file, "utf8").split("\n");
  const pid = Number(pidLine);
  const running = pid > 0 ? identify(pid) : undefined;
  if (running && dataLine === cluster && isPostgres(pid)) await endProcess(running, { signal: "SIGINT" });
  rmSync(file, { force: true });
}

function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres");
  } catch {
    return (
      spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout?.includes("postgres") ?? false
    );
  }
}
