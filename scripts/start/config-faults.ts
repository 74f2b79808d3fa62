import { CurrentConfig } from "../../lib/config/current-config.ts";
import type { Environment } from "./product-options.ts";

const LOOK_EVERY_MS = 1_000;

/**
 * Says what is wrong with the configuration file, by line, and when it is sound again; what lasts only while an editor writes
 * is not said. `env` holds the tokens that the file names by a variable. Returns what stops it.
 */
export function tellConfigFaults(
  file: string,
  env: Environment,
  say: (text: string) => void,
  lookEveryMs = LOOK_EVERY_MS,
): () => Promise<void> {
  const config = new CurrentConfig(file, env, () => {});
  let seen = "";
  let told = "";
  const look = async () => {
    const faults = (await config.errors()).map((fault) => `  ${fault.file}:${fault.line} ${fault.message}`).join("\n");
    const lasts = faults === seen;
    seen = faults;
    if (!lasts || faults === told) return;
    told = faults;
    say(faults ? `${file} is broken; what it said last stays in force:\n${faults}` : `${file} is sound again.`);
  };
  let turn = Promise.resolve();
  const timer = setInterval(() => {
    turn = turn.then(look).catch(() => undefined); // nothing but a file: the next look tells
  }, lookEveryMs);
  return async () => {
    clearInterval(timer);
    await turn;
    await config.close();
  };
}
