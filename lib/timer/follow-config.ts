import { ServerConfigWatch } from "../config/server-config-watch.ts";
import type { ConfigError } from "../contracts/push.ts";
import type { CheckedServerConfig } from "../contracts/server-config.ts";
import { applyServerConfig, rejectServerConfig } from "../scheduler/apply-config.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";

/** Where the configuration is, and who hears what became of it. */
export interface FollowConfigOptions {
  ctx: SchedulerContext;
  file: string;
  /** What tokens are read from besides files. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Hears of each new fault of the file, in one text. */
  rejected: (errors: string) => void;
  applied: (changes: object) => void;
}

/** Puts the server's configuration into effect, at the start and whenever the file changes. A broken file changes nothing, and everybody is told. */
export class ConfigFollower {
  private readonly options: FollowConfigOptions;
  private watch: ServerConfigWatch | undefined;
  private failure: unknown;
  private told = "";

  constructor(options: FollowConfigOptions) {
    this.options = options;
  }

  /** Looks at the file now; call it every few seconds. Throws when what it says could not be put into effect, and tries again at the next look. */
  async look(): Promise<void> {
    this.failure = undefined;
    if (this.watch) await this.watch.look();
    else await this.open();
    if (this.failure !== undefined) throw this.failure;
  }

  /** Stops following; resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.watch?.close();
  }

  private async open(): Promise<void> {
    const opened = await ServerConfigWatch.open(this.options.file, {
      environment: this.options.environment,
      onConfig: (config) => this.apply(config),
      onErrors: (errors) => this.reject(errors),
      onError: (error) => {
        this.failure = error;
      },
    });
    if (opened.ok) this.watch = opened.watch;
    else await this.reject(opened.errors);
  }

  private async apply(config: CheckedServerConfig): Promise<void> {
    try {
      const changes = await applyServerConfig(this.options.ctx, config, { repaired: this.told !== "" });
      this.told = "";
      if (Object.values(changes).some((changed: unknown[]) => changed.length > 0)) this.options.applied(changes);
    } catch (error) {
      // sound in itself, but not beside what runs now: people hear of it, and it is tried again
      if (!(error instanceof SchedulerError) || error.code !== "conflict") throw error;
      await this.reject([{ file: this.options.file, line: 1, column: 1, key: "pools", message: error.message }]);
      throw error;
    }
  }

  private async reject(errors: readonly ConfigError[]): Promise<void> {
    const text = errors.map(({ file, line, message }) => `${file}:${line} ${message}`).join("\n");
    if (text === this.told) return;
    this.options.rejected(text);
    await rejectServerConfig(this.options.ctx, errors);
    this.told = text;
  }
}
