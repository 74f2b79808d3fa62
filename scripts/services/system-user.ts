import { execFileSync, spawnSync } from "node:child_process";

/** A user of this machine that a process may run as. */
export interface SystemUser {
  uid: number;
  gid: number;
}

/** Whether we may run processes as somebody else. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The system user of this name, made (without a home, unable to log in) when it is missing. Only root can. Throws an Error. */
export function makeUser(name: string): SystemUser {
  const known = lookUp(name);
  if (known) return known;
  const flags = [
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
  ];
  const made = spawnSync("useradd", [...flags, name], { encoding: "utf8" });
  const user = lookUp(name);
  if (user) return user;
  throw new Error(`The system user "${name}" could not be made: ${made.error?.message ?? made.stderr.trim()}.`);
}

/** Whether `user` may go into this folder, through all the folders above it. */
export function canReach(user: SystemUser | undefined, folder: string): boolean {
  if (!user) return true;
  return spawnSync("test", ["-x", folder], { ...user, stdio: "ignore" }).status === 0;
}

function lookUp(name: string): SystemUser | undefined {
  try {
    const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}
