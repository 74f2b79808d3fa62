import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { ServerConfig } from "../../lib/contracts/server-config.ts";
import { secret } from "../services/secrets.ts";
import { secretsOf } from "./folders.ts";

/** The pool that local workers serve. */
const POOL = "linux";
const POOL_TOKEN = "pool-token";

const FIRST_CONFIG = `# What this deployment watches, where it builds, and who may do what.
# Read again whenever it changes; while something is wrong in it, the last good one stays in force.
version: 1

# Add a repository of yours like this:
#   - name: app
#     url: /srv/git/app.git            # or https://…, ssh://…, user@host:path
#     branches:
#       - { ref: main, name: app-main }
# Who pushed is told by the hook (docs/hooks/post-receive). Without it, trustAuthors: true beside a branch's name
# gives its jobs to whoever has the mail address of the commit's author.
repositories: []

# Workers that want to serve a pool show its token.
pools:
  - name: ${POOL}
    token: { file: secrets/${POOL_TOKEN} }

# Groups of the directory.
roles:
  developer: [developers]
  sheriff: [sheriffs]
  admin: [admins]
`;

/** Writes a configuration to begin with, unless there is one. */
export function writeFirstConfig(dataFolder: string, configFile: string): void {
  if (existsSync(configFile)) return;
  secret(secretsOf(dataFolder), POOL_TOKEN);
  try {
    writeFileSync(configFile, FIRST_CONFIG);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`CONFIG_FILE is ${configFile}, which cannot be made: ${why}. Name a file in a folder that exists.`);
  }
}

/** A pool and the token that lets a worker serve it. */
export interface LocalPool {
  name: string;
  token: string;
}

/**
 * The pools that workers of this machine can serve: those whose token is in a file we can read, all of the first one's trust level.
 * None when the configuration is not sound; the server says what is wrong with it.
 */
export function localPools(configFile: string): LocalPool[] {
  const parsed = ServerConfig.safeParse(parseFile(configFile));
  if (!parsed.success) return [];
  const readable = parsed.data.pools.flatMap(({ name, trustLevel, token }) => {
    const text = token?.file && readIfThere(path.resolve(path.dirname(configFile), token.file));
    return text ? [{ name, trustLevel, token: text }] : [];
  });
  return readable
    .filter(({ trustLevel }) => trustLevel === readable[0]?.trustLevel)
    .map(({ name, token }) => ({ name, token }));
}

function parseFile(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
