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
  const [store] = await Promise.all([bring(), begin(options)]);
  try {
    await checkOutFrom(store, work.source.revision, options);
  } catch (error) {
    if (!isDamage(error) || options.signal.aborted) throw error;
    await stores.setAside(store);
    await checkOutFrom(await bring(), work.source.revision, options);
  }
}

async function begin(options: CheckoutOptions): Promise<void> {
  const { dir, user } = options;
  await mkdir(dir, { recursive: true });
  if (user !== null) await chown(dir, user.uid, user.gid);
  await run(["init", "--quiet", "--template="], options);
}

async function checkOutFrom(store: string, revision: string, options: CheckoutOptions): Promise<void> {
  await writeFile(path.join(options.dir, ".git", "objects", "info", "alternates"), `${store}/objects\n`);
  const settings = ["-c", "core.hooksPath=/dev/null", "-c", "checkout.workers=0"];
  await run([...settings, "checkout", "--quiet", "--force", "--detach", revision], options);
}

async function run(args: readonly string[], { dir, env, user, signal }: CheckoutOptions): Promise<void> {
  await git(args, { cwd: dir, env, user, signal, timeoutMs: CHECKOUT_TIMEOUT_MS });
}
