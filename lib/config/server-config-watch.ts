import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { ConfigError } from "../contracts/push.ts";
import type { CheckedServerConfig } from "../contracts/server-config.ts";
import { type Environment, readServerConfig } from "./server-config.ts";

/** Who wants to know. Both are called one after the other, never at once; a rejected promise of either is told to `onError`. */
export interface ServerConfigListener {
  environment: Environment;
  /** A sound configuration, at the start and whenever the file has changed to another sound one. */
  onConfig(config: CheckedServerConfig): void | Promise<void>;
  /** The file has changed to something broken: the last sound configuration stays. */
  onErrors(errors: ConfigError[]): void | Promise<void>;
  /** A listener failed. The file is told again at the next look. */
  onError(error: unknown): void;
}

const LOOK_EVERY_MS = 2_000;

/** The server's configuration as it is now: read at the start, and again whenever the file changes. */
export class ServerConfigWatch {
  /** The last sound one. */
  config: CheckedServerConfig;
  /** What is wrong with the file now; empty when it is sound. */
  errors: ConfigError[] = [];
  private readonly file: string;
  private readonly listener: ServerConfigListener;
  private readonly timer: NodeJS.Timeout;
  private readonly watcher: { close(): void } | undefined;
  private seen = "";
  private told = "";
  private turn: Promise<void> = Promise.resolve();

  private constructor(file: string, listener: ServerConfigListener, config: CheckedServerConfig) {
    this.file = file;
    this.listener = listener;
    this.config = config;
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
    this.watcher = watchFolder(path.dirname(file), () => void this.look());
  }

  /** Reads the file and goes on watching it; answers the errors when it is broken at the start. */
  static async open(
    file: string,
    listener: ServerConfigListener,
  ): Promise<{ ok: true; watch: ServerConfigWatch } | { ok: false; errors: ConfigError[] }> {
    const read = await readServerConfig(file, listener.environment);
    if (!read.ok) return read;
    const watched = new ServerConfigWatch(file, listener, read.config);
    await watched.look();
    return { ok: true, watch: watched };
  }

  /** Looks at the file now; resolves when the listener has heard of a change. */
  look(): Promise<void> {
    this.turn = this.turn.then(() => this.lookOnce()).catch((error: unknown) => this.listener.onError(error));
    return this.turn;
  }

  /** Stops watching; resolves when no listener is under way. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.watcher?.close();
    await this.turn;
  }

  private async lookOnce(): Promise<void> {
    const mark = await markOf(this.file);
    if (mark === this.seen) return;
    const read = await readServerConfig(this.file, this.listener.environment);
    const content = JSON.stringify(read);
    if (content !== this.told) {
      this.errors = read.ok ? [] : read.errors;
      if (read.ok) this.config = read.config;
      await (read.ok ? this.listener.onConfig(read.config) : this.listener.onErrors(read.errors));
      this.told = content;
    }
    this.seen = mark; // last, so that a change meanwhile or a listener that failed brings another look
  }
}

/** What tells one state of the file from the next. */
async function markOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return String(error);
  }
}

/** The folder, because editors put a new file in the old one's place. Where this does not work, the regular look does. */
function watchFolder(folder: string, onChange: () => void): { close(): void } | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
