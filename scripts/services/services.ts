import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { endLeftover } from "./daemon.ts";
import { PrivateDirectory } from "./directory.ts";
import { DIRECTORY_NAMES } from "./directory-content.ts";
import { PrivatePostgres } from "./postgres.ts";
import { PrivateRedis } from "./redis.ts";
import { secret } from "./secrets.ts";

/** The kinds of service the product needs. */
export type ServiceKind = "database" | "redis" | "directory";

/** Which private services to run, and where. */
export interface ServicesOptions {
  /** Each service gets a folder in here, named after it. */
  folder: string;
  /** Where the passwords are kept. */
  secretsFolder: string;
  /** Whether data must survive a power cut; false for tests. */
  durable: boolean;
  kinds: ServiceKind[];
  /** Told when a service ended although nobody asked it to; it is started again. */
  onUnexpectedExit?: (description: string) => void;
}

/** Running private services. */
export interface Services {
  /** The variables of `lib/config/env.ts` that lead to them. */
  env: Record<string, string>;
  postgres?: PrivatePostgres;
  redis?: PrivateRedis;
  directory?: PrivateDirectory;
  /** Stops them all; resolves when none is left. */
  stop(): Promise<void>;
}

/** Starts the services asked for, side by side. When one fails, the others are stopped again. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const wants = (kind: ServiceKind) => options.kinds.includes(kind);
  let stopped = false;
  const optionsOf = (name: string, service: () => Startable | undefined) => ({
    folder: path.join(options.folder, name),
    password: secret(options.secretsFolder, `${name}-password`),
    durable: options.durable,
    onUnexpectedExit: (description: string) => {
      options.onUnexpectedExit?.(description);
      void startAgain(service, () => stopped, options.onUnexpectedExit);
    },
  });
  const postgres: PrivatePostgres | undefined = wants("database")
    ? new PrivatePostgres(optionsOf("postgres", () => postgres))
    : undefined;
  const redis: PrivateRedis | undefined = wants("redis")
    ? new PrivateRedis(optionsOf("redis", () => redis))
    : undefined;
  const directory: PrivateDirectory | undefined = wants("directory")
    ? new PrivateDirectory(optionsOf("directory", () => directory))
    : undefined;
  const all = [postgres, redis, directory].filter((service) => service !== undefined);
  const stop = async () => {
    stopped = true;
    await Promise.all(all.map((service) => service.stop()));
  };

  const outcomes = await Promise.allSettled(all.map((service) => service.start()));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) {
    await stop();
    throw failure.reason;
  }
  return {
    env: {
      ...(postgres && { DATABASE_URL: postgres.url }),
      ...(redis && { REDIS_URL: redis.url }),
      ...(directory && directoryEnv(directory, secret(options.secretsFolder, "directory-password"))),
    },
    ...(postgres && { postgres }),
    ...(redis && { redis }),
    ...(directory && { directory }),
    stop,
  };
}

/** Ends the services that a killed start left running with their folders in `folder`. */
export async function endServices(folder: string): Promise<void> {
  await Promise.all(["postgres", "redis", "directory"].map((name) => endLeftover(path.join(folder, name), "SIGINT")));
}

interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Tries until it works, or until everything is stopped. */
async function startAgain(
  service: () => Startable | undefined,
  stopped: () => boolean,
  tell?: (text: string) => void,
): Promise<void> {
  for (let pauseMs = 200; !stopped(); pauseMs = Math.min(pauseMs * 2, 10_000)) {
    await wait(pauseMs);
    if (stopped()) return;
    try {
      await service()?.start();
      if (stopped()) await service()?.stop();
      return;
    } catch (error) {
      tell?.(error instanceof Error ? error.message : String(error));
    }
  }
}

function directoryEnv(directory: PrivateDirectory, password: string): Record<string, string> {
  return {
    LDAP_URL: directory.url,
    LDAP_BIND_DN: DIRECTORY_NAMES.service,
    LDAP_BIND_PASSWORD: password,
    LDAP_USER_BASE: DIRECTORY_NAMES.userBase,
    LDAP_GROUP_BASE: DIRECTORY_NAMES.groupBase,
  };
}
