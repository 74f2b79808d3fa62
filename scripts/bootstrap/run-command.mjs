import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs a script on the given Node until it ends, passing signals on. The script has a process group of its own, so that Ctrl-C reaches it
 * once, through us. When we are killed, or whoever started us is, the closed channel tells it to stop.
 * @param {string} node
 * @param {string} script
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<number>} its exit code
 */
export function runCommand(node, script, args, cwd) {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", script, ...args], {
    cwd,
    detached: true,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));

  const before = ancestors();
  const watch = setInterval(() => {
    if (ancestors() !== before && child.connected) child.disconnect();
  }, 300);

  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearInterval(watch);
      resolve(signal === "SIGINT" ? 130 : (code ?? 1));
    });
  });
}

/** Who started us, and who started that one when it is the shell that npm puts between itself and a script. Changes when one is killed. */
function ancestors() {
  if (process.env.npm_lifecycle_event === undefined) return String(process.ppid);
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]}`;
  } catch {
    return String(process.ppid);
  }
}
