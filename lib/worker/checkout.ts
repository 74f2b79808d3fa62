import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Work } from "../contracts/work.ts";
import { git } from "./git.ts";
import { isDamage, type ObjectStores } from "./object-store.ts";
import type { RunAs } from "./options.ts";
import { giveDirectory } from "./run-directory.ts";

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
  const [store] = await Promise.all([bring(), begin(stores.placeOf(work.source, work.trustLevel), options)]);
  try {
    await checkOutFrom(work.source.revision, options);
  } catch (error) {
    if (!isDamage(error) || options.signal.aborted) throw error;
    await stores.setAside(store);
    await bring();
    await checkOutFrom(work.source.revision, options);
  }
}

/** Borrows from the store first, while the directory is nobody's but ours. */
async function begin(store: string, options: CheckoutOptions): Promise<void> {
  const { dir, user } = options;
  const info = path.join(dir, ".git", "objects", "info");
  await mkdir(info, { recursive: true });
  await writeFile(path.join(info, "alternates"), `${store}/objects\n`);
  if (user !== null) await giveDirectory(dir, user);
  await run(["init", "--quiet", "--template="], options);
}

async function checkOutFrom(revision: string, options: CheckoutOptions): Promise<void> {
  const settings = ["-c", "core.hooksPath=/dev/null", "-c", "checkout.workers=0"];
  await run([...settings, "checkout", "--quiet", "--force", "--detach", revision], options);
}

async function run(args: readonly string[], { dir, env, user, signal }: CheckoutOptions): Promise<void> {
  await git(args, { cwd: dir, env, user, signal, timeoutMs: CHECKOUT_TIMEOUT_MS });
}
