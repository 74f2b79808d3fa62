import { readFileSync } from "node:fs";
import path from "node:path";
import { npm } from "./npm.mjs";

/**
 * Installs the packages of package-lock.json, unless they are all there. Not with `npm ci`: that refuses a lock file without the
 * packages of other platforms, which a registry mirror need not carry. `--no-save` leaves the lock file as it is.
 * @param {string} root
 * @param {string} node
 */
export function installPackages(root, node) {
  if (isInstalled(root)) return;
  console.log("· Installing packages (about 1 GB on disk) …");
  const { status, stderr } = npm(node, ["install", "--no-save"], root);
  if (status === 0) return;
  throw new Error(
    `${stderr.trim()}\nThe packages could not be installed. Is the npm registry reachable? Then try again.`,
  );
}

/** npm notes in node_modules/.package-lock.json, at the very end of an installation, what it installed. */
function isInstalled(root) {
  try {
    const wanted = packagesOf(path.join(root, "package-lock.json"));
    const present = packagesOf(path.join(root, "node_modules", ".package-lock.json"));
    return Object.entries(wanted).every(
      ([place, entry]) => place === "" || entry.optional || entry.peer || present[place]?.version === entry.version,
    );
  } catch {
    return false; // no such file: nothing is installed, or not completely
  }
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
