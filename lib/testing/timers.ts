import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import path from "node:path";
import { type TestContext, testContext } from "./context.ts";
import { openTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/** A timer process, with all that it said. */
export class Timer {
  output = "";
  private readonly child: ChildProcess;
  private readonly exit: Promise<unknown>;

  constructor(environment: Record<string, string>) {
    this.child = spawn(process.execPath, [path.resolve("lib/timer/main.ts")], {
      env: { NODE_ENV: "test", PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exit = once(this.child, "exit");
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (data) => {
        this.output += data;
      });
  }

  /** Whether it still runs. */
  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.exit;
    return this.child.exitCode;
  }

  /** Asks it to end; answers its exit code. */
  end(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return this.ended();
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exit;
  }
}

/** Two stores with disturbable links to them, and the timers that use them. */
export interface Timers {
  test: TestContext;
  /** Their data folder; the configuration is `selfserve.yml` in it. */
  folder: string;
  database: TcpProxy;
  redis: TcpProxy;
  /** Starts one. Leases last 5 seconds, sweeps come every second. */
  start(environment?: Record<string, string>): Timer;
  /** Kills all that still run and restores the links. */
  reset(): Promise<void>;
  drop(): Promise<void>;
}

/** Opens the stores for one test file. */
export async function openTimers(): Promise<Timers> {
  const test = await testContext();
  const folder = makeTemporaryFolder("timer");
  const [database, redis] = [await openTcpProxy(test.databaseUrl), await openTcpProxy(test.redisUrl)];
  const running = new Set<Timer>();
  const environment = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LDAP_URL: "ldap://127.0.0.1:1",
    LDAP_BIND_DN: "cn=nobody,dc=example,dc=org",
    LDAP_BIND_PASSWORD: "nothing",
    LDAP_USER_BASE: "ou=people,dc=example,dc=org",
    LDAP_GROUP_BASE: "ou=groups,dc=example,dc=org",
    NEXTAUTH_SECRET: "a secret that nobody needs to keep, only long",
    DATA_DIR: folder,
    CONFIG_FILE: path.join(folder, "selfserve.yml"),
    LEASE_SECONDS: "5",
    SWEEP_SECONDS: "1",
  };
  const reset = async () => {
    for (const timer of running) await timer.kill();
    running.clear();
    database.mode("pass");
    redis.mode("pass");
  };
  return {
    test,
    folder,
    database,
    redis,
    start: (changed = {}) => {
      const timer = new Timer({ ...environment, ...changed });
      running.add(timer);
      return timer;
    },
    reset,
    drop: async () => {
      await reset();
      await Promise.all([database.close(), redis.close()]);
      await test.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
