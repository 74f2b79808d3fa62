import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { RedisClient } from "../../redis/open-redis.ts";

const LUA_FOLDER = path.join(process.cwd(), "lib/scheduler/queue/lua");

/** A Lua script as a function; the labelled tuples are its signature. */
export type Script<Keys extends readonly string[], Args extends readonly (string | number)[], Reply> = (
  redis: RedisClient,
  keys: Keys,
  args: Args,
) => Promise<Reply>;

/** Turns `lua/<name>.lua`, after the `lua/parts/<part>.lua` that it calls, into a typed function. The files are read at the first call. */
export function script<Keys extends readonly string[], Args extends readonly (string | number)[], Reply>(
  name: string,
  ...parts: readonly string[]
): Script<Keys, Args, Reply> {
  let known: { source: string; sha: string } | undefined;

  return async (redis, keys, args) => {
    known ??= load([...parts.map((part) => `parts/${part}`), name]);
    try {
      return (await redis.evalsha(known.sha, keys.length, ...keys, ...args)) as Reply;
    } catch (error) {
      // Redis forgets scripts when it restarts; sending the source teaches it again.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return (await redis.eval(known.source, keys.length, ...keys, ...args)) as Reply;
    }
  };
}

function load(names: readonly string[]): { source: string; sha: string } {
  const source = names.map((name) => readFileSync(path.join(LUA_FOLDER, `${name}.lua`), "utf8")).join("");
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}
