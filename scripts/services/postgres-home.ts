import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { canReach, type SystemUser } from "./system-user.ts";

/**
 * Where the cluster lives: `folder`, or, when root's PostgreSQL user cannot get there (a clone under /root),
 * a folder of its own under /var/lib with a link to it in `folder`.
 */
export function reachableHome(folder: string, user: SystemUser | undefined): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (canReach(user, folder)) return folder;
  const home = `/var/lib/self-serve-${createHash("sha256").update(folder).digest("hex").slice(0, 12)}`;
  mkdirSync(home, { recursive: true });
  chmodSync(home, 0o755);
  const link = path.join(folder, "outside");
  rmSync(link, { force: true });
  symlinkSync(home, link);
  return home;
}

/** Removes what a private PostgreSQL with this folder keeps outside of it. */
export function removeOutsideData(folder: string): void {
  try {
    rmSync(readlinkSync(path.join(folder, "outside")), { recursive: true, force: true });
  } catch {
    // everything is inside
  }
}
