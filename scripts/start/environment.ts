import path from "node:path";
import { readEnv } from "../../lib/config/env.ts";
import { secret } from "../services/secrets.ts";
import type { Environment, ProductOptions } from "./product-options.ts";

/** Stand-ins for what we provide ourselves, so that the given variables can be checked before anything is started. */
const PROVIDED: Environment = {
  DATABASE_URL: "postgresql://selfserve@127.0.0.1:5432/selfserve",
  REDIS_URL: "redis://127.0.0.1:6379",
  NEXTAUTH_SECRET: "-".repeat(32),
};
const PROVIDED_WITH_DIRECTORY: Environment = {
  LDAP_URL: "ldap://127.0.0.1:389",
  LDAP_BIND_DN: "cn=x,dc=x",
  LDAP_BIND_PASSWORD: "-",
  LDAP_USER_BASE: "dc=x",
  LDAP_GROUP_BASE: "dc=x",
};

/** Whether the user gave a variable, or the file that holds it. */
export function isGiven(given: Environment, name: string): boolean {
  return Boolean(given[name] || given[`${name}_FILE`]);
}

/** Checks the variables that the user gave, as far as that is possible before the services run. Throws EnvError. */
export function checkGiven(given: Environment): void {
  const all = { ...PROVIDED, ...(isGiven(given, "LDAP_URL") ? {} : PROVIDED_WITH_DIRECTORY) };
  const ours = Object.fromEntries(Object.entries(all).filter(([name]) => !isGiven(given, name)));
  readEnv({ ...ours, ...present(given) });
}

/** The variables of web and timer: the given ones, the services', and secrets made at the first start. Throws EnvError. */
export function serverEnv(options: ProductOptions, services: Environment, secretsFolder: string): Environment {
  const given = present(options.given);
  const env: Environment = {
    ...given,
    ...services,
    DATA_DIR: options.dataFolder,
    PORT: String(options.port),
    NODE_ENV: options.mode,
    NEXT_DIST_DIR: options.distDir,
    NEXT_TELEMETRY_DISABLED: "1",
  };
  if (!isGiven(given, "NEXTAUTH_SECRET")) {
    secret(secretsFolder, "nextauth-secret");
    env.NEXTAUTH_SECRET_FILE = path.join(secretsFolder, "nextauth-secret");
  }
  const { BASE_URL, ARTIFACT_ORIGIN, CONFIG_FILE } = readEnv(env);
  return { ...env, BASE_URL, ARTIFACT_ORIGIN, CONFIG_FILE };
}

/** The variables of a worker: another machine in principle, so none of the server's. */
export function workerEnv({ PATH, HOME, LANG, NODE_ENV }: Environment): Environment {
  return present({ PATH, HOME, LANG, NODE_ENV });
}

function present(variables: Environment): Environment {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""));
}
