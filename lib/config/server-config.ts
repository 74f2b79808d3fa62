import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { ConfigError } from "../contracts/push.ts";
import { type CheckedServerConfig, SERVER_CONFIG_MAX_BYTES, ServerConfig } from "../contracts/server-config.ts";
import { checkConfigFile } from "./config-file.ts";
import type { Problem } from "./config-problem.ts";
import { meaningProblems } from "./server-config-rules.ts";

/** What tokens are read from besides files. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration, or everything that is wrong with it. */
export type ServerConfigResult = { ok: true; config: CheckedServerConfig } | { ok: false; errors: ConfigError[] };

type Pool = ServerConfig["pools"][number];

const DEFAULT_HEAD_START_MINUTES = 10;
const MIN_TOKEN_LENGTH = 16;

/** Reads and checks `selfserve.yml`. Never throws: a file that is not there or cannot be read is an error of line 1. */
export async function readServerConfig(file: string, environment: Environment): Promise<ServerConfigResult> {
  const name = path.basename(file);
  try {
    const { size } = await stat(file);
    const bytes = size > SERVER_CONFIG_MAX_BYTES ? new Uint8Array(size) : await readFile(file);
    return checkServerConfig(bytes, { file, environment });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The configuration cannot be read from ${file}: ${why}.`;
    return { ok: false, errors: [{ file: name, line: 1, column: 1, key: "", message }] };
  }
}

/** Checks the bytes of a configuration; relative paths in it are seen from the folder of `file`. */
export function checkServerConfig(
  bytes: Uint8Array,
  { file, environment }: { file: string; environment: Environment },
): ServerConfigResult {
  const options = { file: path.basename(file), maxBytes: SERVER_CONFIG_MAX_BYTES };
  const checked = checkConfigFile(ServerConfig, bytes, options);
  if (!checked.ok) return checked;
  const config = checked.value;

  const problems = meaningProblems(config);
  const tokenHashes = config.pools.map((pool, index) => {
    const read = readToken(pool, path.dirname(file), environment);
    if (typeof read !== "object") return read;
    problems.push({ path: ["pools", index, "token", ...read.path], message: read.message });
    return undefined;
  });
  problems.push(...sharedTokens(config.pools, tokenHashes));
  if (problems.length > 0) return { ok: false, errors: checked.locate(problems) };
  return { ok: true, config: toEffect(config, tokenHashes) };
}

function toEffect(config: ServerConfig, tokenHashes: readonly (string | undefined)[]): CheckedServerConfig {
  return {
    repositories: config.repositories.map(({ name, url, poll, branches }) => ({
      name,
      url,
      pollSeconds: poll,
      branches: branches.map((branch) => ({
        ref: branch.ref,
        name: branch.name,
        basePriority: branch.basePriority,
        trustLevel: branch.trustLevel,
        isTry: branch.try,
        trustAuthors: branch.trustAuthors ?? branch.try,
        allowMerge: branch.merge ?? !branch.try,
      })),
    })),
    pools: config.pools.map((pool, index) => ({
      name: pool.name,
      trustLevel: pool.trustLevel,
      headStartMinutes: pool.strict ? ("strict" as const) : (pool.headStartMinutes ?? DEFAULT_HEAD_START_MINUTES),
      tokenHash: tokenHashes[index] ?? null,
      mergeWhen: pool.merge,
      fastSpeed: pool.fastSpeed ?? null,
      reserveWorkers: pool.reserve?.workers ?? 0,
      reserveBranches: [...new Set(pool.reserve?.branches)],
      idleAbove: pool.idleAbove,
    })),
    roles: config.roles,
  };
}

/** The SHA-256 of a pool's token, nothing when it has none, or what is wrong with it. The token itself is in no message. */
function readToken(pool: Pool, folder: string, environment: Environment): string | undefined | Problem {
  const { token } = pool;
  if (!token || (token.file === undefined) === (token.env === undefined)) return undefined;
  const read = token.env === undefined ? readTokenFile(folder, token.file ?? "") : readVariable(environment, token.env);
  if ("message" in read) return { path: [token.env === undefined ? "file" : "env"], message: read.message };
  return createHash("sha256").update(read.token).digest("hex");
}

type TokenRead = { token: string } | { message: string };

function readTokenFile(folder: string, file: string): TokenRead {
  const place = path.resolve(folder, file);
  try {
    return longEnough(readFileSync(place, "utf8").trim(), `The file ${place}`);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return {
      message: `The token of the pool cannot be read from ${place} (${why}); make the file or name another one.`,
    };
  }
}

function readVariable(environment: Environment, name: string): TokenRead {
  const token = environment[name]?.trim();
  if (!token) return { message: `The environment variable ${name} is not set; it must hold the token of the pool.` };
  return longEnough(token, `The environment variable ${name}`);
}

function longEnough(token: string, where: string): TokenRead {
  if (token.length >= MIN_TOKEN_LENGTH) return { token };
  return {
    message: `${where} holds a token of ${token.length} characters; it must have at least ${MIN_TOKEN_LENGTH}.`,
  };
}

/** A token opens every pool that has it, so pools of different trust levels must not share one. */
function sharedTokens(pools: readonly Pool[], hashes: readonly (string | undefined)[]): Problem[] {
  const first = new Map<string, Pool>();
  return pools.flatMap((pool, index) => {
    const hash = hashes[index];
    if (hash === undefined) return [];
    const other = first.get(hash) ?? pool;
    first.set(hash, other);
    if (other.trustLevel === pool.trustLevel) return [];
    const levels = `${other.name} of trust level ${other.trustLevel}`;
    const message = `The pool ${pool.name} of trust level ${pool.trustLevel} has the same token as ${levels}; give it another one.`;
    return [{ path: ["pools", index, "token"], message }];
  });
}
