import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { type Daemon, endLeftover, startDaemon } from "./daemon.ts";
import { rememberedPort } from "./ports.ts";

/** What a private service of any kind needs. */
export interface ServiceOptions {
  /** Holds everything the service keeps. */
  folder: string;
  /** The password of its one account. */
  password: string;
  /** Whether written data must survive a power cut. False is for tests. */
  durable: boolean;
  onUnexpectedExit?: ((description: string) => void) | undefined;
}

/** A Redis server of our own: on 127.0.0.1, on a port that stays the same as long as it is free, with a password. */
export class PrivateRedis {
  private readonly options: ServiceOptions;
  private daemon: Daemon | undefined;
  private port = 0;

  constructor(options: ServiceOptions) {
    this.options = options;
  }

  /** Where it answers, password included. */
  get url(): string {
    return `redis://:${this.options.password}@127.0.0.1:${this.port}/0`;
  }

  /** Starts it, with the data of the last time. */
  async start(): Promise<void> {
    const { folder, password } = this.options;
    mkdirSync(folder, { recursive: true });
    await endLeftover(folder);
    this.port = await rememberedPort(folder);
    const config = path.join(folder, "redis.conf");
    writeFileSync(config, this.config(), { mode: 0o600 });
    chmodSync(config, 0o600);
    this.daemon = await startDaemon({
      name: "redis",
      folder,
      command: "redis-server",
      args: [config],
      check: () => ping(this.port, password),
      onUnexpectedExit: this.options.onUnexpectedExit,
    });
  }

  /** Stops it; what it holds is on disk afterwards. */
  async stop(): Promise<void> {
    await this.daemon?.stop();
    this.daemon = undefined;
  }

  /** Ends it like a power cut. */
  async kill(): Promise<void> {
    await this.daemon?.kill();
    this.daemon = undefined;
  }

  private config(): string {
    return [
      "bind 127.0.0.1",
      `port ${this.port}`,
      `requirepass ${this.options.password}`,
      `dir "${this.options.folder}"`,
      "daemonize no",
      "databases 1024",
      `appendonly ${this.options.durable ? "yes" : "no"}`,
      "appendfsync everysec",
      'save ""',
      "",
    ].join("\n");
  }
}

/** Resolves when the server lets us in and has loaded its data. */
function ping(port: number, password: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 2000 });
    let answer = "";
    const fail = (why: string) => {
      socket.destroy();
      reject(new Error(why));
    };
    socket.on("connect", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on("data", (data) => {
      answer += data.toString("utf8");
      if (answer.includes("+PONG")) {
        socket.end();
        resolve();
      } else if (/^-/m.test(answer)) fail(`Redis answered ${answer.trim()}`);
    });
    socket.on("error", (error) => fail(error.message));
    socket.on("timeout", () => fail("Redis does not answer within 2 s"));
    socket.on("close", () => fail("Redis closed the connection"));
  });
}
