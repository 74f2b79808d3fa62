import { randomBytes } from "node:crypto";
import path from "node:path";
import { PrivateDirectory } from "../../scripts/services/directory.ts";
import { DIRECTORY_NAMES } from "../../scripts/services/directory-content.ts";
import { PrivatePostgres } from "../../scripts/services/postgres.ts";
import { PrivateRedis } from "../../scripts/services/redis.ts";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The stores of a world, each a private server of its own. */
export interface Stores {
  postgres: PrivatePostgres;
  redis: PrivateRedis;
  directory: PrivateDirectory;
  folders: { postgres: string; redis: string };
  /** What the product must know besides the addresses of PostgreSQL and Redis, which it reaches through links. */
  env: Environment;
}

/** Starts them in `folder` and brings in the schema of the tree `root`; what ends them is added to `undo` first. */
export async function startStores(root: string, folder: string, undo: (() => Promise<unknown>)[]): Promise<Stores> {
  const password = randomBytes(16).toString("hex");
  const folders = { postgres: path.join(folder, "postgres"), redis: path.join(folder, "redis") };
  const postgres = new PrivatePostgres({ folder: folders.postgres, password, durable: true }); // commits survive its death
  const redis = new PrivateRedis({ folder: folders.redis, password, durable: true });
  const directory = new PrivateDirectory({ folder: path.join(folder, "directory"), password, durable: false });
  for (const store of [postgres, redis, directory]) undo.push(() => store.stop());
  await Promise.all([postgres.start(), redis.start(), directory.start()]);
  const { migrate } = (await import(path.join(root, "scripts/prisma/cli.ts"))) as {
    migrate(url: string): Promise<void>;
  };
  await migrate(postgres.url);
  const env = {
    LDAP_URL: directory.url,
    LDAP_BIND_DN: DIRECTORY_NAMES.service,
    LDAP_BIND_PASSWORD: password,
    LDAP_USER_BASE: DIRECTORY_NAMES.userBase,
    LDAP_GROUP_BASE: DIRECTORY_NAMES.groupBase,
    NEXTAUTH_SECRET: randomBytes(36).toString("base64"),
  };
  return { postgres, redis, directory, folders, env };
}
