import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { migrate } from "../../scripts/prisma/cli.ts";
import { ADVISORY_LOCKS } from "../db/advisory-locks.ts";

const MIGRATIONS = path.resolve(import.meta.dirname, "../../prisma/migrations");

/** The URL of another database on the same server. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** Runs `work` on a connection of its own. */
export async function withServer<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The name of a database on this server that holds the migrated schema and nothing else, made by Prisma's own tooling when missing. */
export async function migratedTemplate(serverUrl: string): Promise<string> {
  const name = `template_${hashOfMigrations()}`;
  await withServer(serverUrl, async (client) => {
    if (await exists(client, name)) return;
    await client.query("SELECT pg_advisory_lock($1)", [ADVISORY_LOCKS.template]); // one process makes it, the others wait
    if (await exists(client, name)) return;
    const draft = `${name}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft}`);
    await migrate(withDatabase(serverUrl, draft));
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`); // complete, or not there at all
  });
  return name;
}

async function exists(client: Client, database: string): Promise<boolean> {
  const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
  return rowCount === 1;
}

function hashOfMigrations(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(MIGRATIONS, { recursive: true, encoding: "utf8" }).sort()) {
    if (name.endsWith(".sql")) hash.update(name).update(readFileSync(path.join(MIGRATIONS, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
