import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What git may see of this process's environment: how to run, how to reach the network, who it is to ssh. No secrets of ours. */
const INHERITED = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "XDG_CONFIG_HOME",
  "SSH_AUTH_SOCK",
  "GIT_SSH_COMMAND",
  "GIT_SSL_CAINFO",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "HTTPS_PROXY",
  "NO_PROXY",
];

/** The whole environment of a git process; the compiler wants NODE_ENV in every environment. */
export type GitVariables = Readonly<Record<string, string>> & { NODE_ENV: "production" };

/**
 * The environment that git runs with. Repositories may belong to other users of this machine (a git server's), which git must hear from a
 * settings file, because the process at the other end of a local path does not get our command line; the file is written into `folder`.
 */
export function gitEnvironment(folder: string, inherited: Readonly<Record<string, string | undefined>>): GitVariables {
  mkdirSync(folder, { recursive: true });
  const settings = path.join(folder, "gitconfig");
  writeOnce(settings, "[include]\n\tpath = /etc/gitconfig\n[safe]\n\tdirectory = *\n");
  const kept = INHERITED.flatMap((name) => {
    const value = inherited[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    GIT_SSH_COMMAND: "ssh -oBatchMode=yes -oConnectTimeout=10",
    ...Object.fromEntries(kept),
    NODE_ENV: "production",
    LC_ALL: "C.UTF-8",
    GIT_CONFIG_SYSTEM: settings,
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GIT_ALLOW_PROTOCOL: "file:http:https:ssh",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
  };
}

/** In one step, so that a git that another process runs never reads half of it. */
function writeOnce(file: string, content: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === content) return;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}
