import { chown, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Work } from "../contracts/work.ts";
import { git } from "./git.ts";
import { isDamage, type ObjectStores } from "./object-store.ts";
import type { RunAs } from "./options.ts";

interface CheckoutOptions {
  /** A path that does not exist yet. */
  dir: string;
  /** Its git commands run as this user, without the agent's environment. */
  env: Readonly<Record<string, string>>;
  user: RunAs | null;
  /** Added to the environment of what the agent itself starts, so that it ends with the run. */
  mark: string | null;
  signal: AbortSignal;
}

const CHECKOUT_TIMEOUT_MS = 15 * 60_000;

/**
 * Makes a fresh checkout of the revision that borrows its objects from the shared store, so that only files are written.
 * Throws GitError, or MissingRevision.
 */
export async function checkOut(
  stores: ObjectStores,
  work: Pick<Work, "source" | "trustLevel">,
  options: CheckoutOptions,
): Promise<void> {
  const bring = () => stores.ensure(work.source, work.trustLevel, options);
  const store = await bring();
  try {
    await checkOutFrom(store, work.source.revision, options);
  } catch (error) {
    if (!isDamage(error) || options.signal.aborted) throw error;
    await stores.setAside(store);
    await checkOutFrom(await bring(), work.source.revision, options);
  }
}

async function checkOutFrom(store: string, revision: string, options: CheckoutOptions): Promise<void> {
  const { dir, user, signal } = options;
  await mkdir(dir, { recursive: true });
  if (user !== null) await chown(dir, user.uid, user.gid);
  const run = (args: string[]) =>
    git(args, { cwd: dir, env: options.env, user, signal, timeoutMs: CHECKOUT_TIMEOUT_MS });
  await run(["init", "--quiet"]);
  await writeFile(path.join(dir, ".git", "objects", "info", "alternates"), `${store}/objects\n`);
  await run([
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "checkout.workers=0",
    "checkout",
    "--quiet",
    "--force",
    "--detach",
    revision,
  ]);
}
