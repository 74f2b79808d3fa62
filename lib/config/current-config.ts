import type { ConfigError } from "../contracts/push.ts";
import type { CheckedServerConfig } from "../contracts/server-config.ts";
import type { Environment } from "./server-config.ts";
import { ServerConfigWatch } from "./server-config-watch.ts";

type Roles = CheckedServerConfig["roles"];

const NO_ROLES: Roles = { developer: [], sheriff: [], admin: [] };
const RETRY_MS = 2_000;

/**
 * The server's configuration for processes that only read it: the last sound state of the file. As long as there was none,
 * nobody has a role.
 */
export class CurrentConfig {
  private readonly file: string;
  private readonly environment: Environment;
  private readonly report: (error: unknown) => void;
  private opening: Promise<ServerConfigWatch | null> | undefined;
  private errorsAtStart: ConfigError[] = [];
  private triedAt = Number.NEGATIVE_INFINITY;

  /** `environment` holds the tokens that the file names by a variable. */
  constructor(file: string, environment: Environment, report: (error: unknown) => void) {
    this.file = file;
    this.environment = environment;
    this.report = report;
  }

  /** Which directory groups make which role. */
  async roles(): Promise<Roles> {
    return (await this.watch())?.config.roles ?? NO_ROLES;
  }

  /** What is wrong with the file now; empty when it is sound. */
  async errors(): Promise<ConfigError[]> {
    const watch = await this.watch();
    if (!watch) return this.errorsAtStart;
    await watch.look();
    return watch.errors;
  }

  /** Resolves when the file is sound now. */
  async check(): Promise<void> {
    const watch = await this.watch();
    if (!watch || watch.errors.length > 0) throw new Error(`${this.file} is not sound; the log says where.`);
  }

  async close(): Promise<void> {
    const watch = await this.opening;
    await watch?.close();
  }

  private async watch(): Promise<ServerConfigWatch | null> {
    const known = await this.opening;
    if (known || performance.now() - this.triedAt < RETRY_MS) return known ?? null;
    this.triedAt = performance.now();
    this.opening = this.open();
    return this.opening;
  }

  private async open(): Promise<ServerConfigWatch | null> {
    const opened = await ServerConfigWatch.open(this.file, {
      environment: this.environment,
      onConfig: () => {},
      onErrors: (errors) =>
        this.report(new Error(errors.map(({ file, line, message }) => `${file}:${line} ${message}`).join("\n"))),
      onError: this.report,
    });
    if (opened.ok) return opened.watch;
    this.errorsAtStart = opened.errors;
    this.report(new Error(opened.errors.map(({ file, line, message }) => `${file}:${line} ${message}`).join("\n")));
    return null;
  }
}
