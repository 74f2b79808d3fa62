import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import {
  addressRanges,
  distinguishedName,
  filePath,
  httpOrigin,
  isLoopback,
  ldapUrls,
  oneOf,
  redisUrl,
  secret,
  serverUrl,
  text,
  wholeNumber,
  yesOrNo,
} from "./env-values.ts";

/**
 * Everything the server's processes are told by environment variables; an empty one counts as absent.
 * Any of them may come from a file instead: `NAME_FILE` holds its path. That keeps secrets out of process lists.
 */
const Variables = z.object({
  /** PostgreSQL, the truth. */
  DATABASE_URL: serverUrl(["postgresql", "postgres"], "postgresql://user:password@host:5432/database"),
  /** Redis, the order: one node, or a cluster by some of its nodes. */
  REDIS_URL: redisUrl,
  /** Directory servers, tried in this order. */
  LDAP_URL: ldapUrls,
  /** The account that searches, and its password. */
  LDAP_BIND_DN: distinguishedName("cn=self-serve,dc=example,dc=org"),
  LDAP_BIND_PASSWORD: text("the password of LDAP_BIND_DN"),
  /** Where people and groups are found. */
  LDAP_USER_BASE: distinguishedName("ou=people,dc=example,dc=org"),
  LDAP_GROUP_BASE: distinguishedName("ou=groups,dc=example,dc=org"),
  /** Certificates (PEM) that vouch for the directory, instead of the system's. */
  LDAP_CA_FILE: filePath("a file of certificates").optional(),
  /** Encrypt ldap:// connections before anything is sent. */
  LDAP_START_TLS: yesOrNo.default(false),
  /** Signs sessions. */
  NEXTAUTH_SECRET: secret(32, "openssl rand -base64 36"),
  /** The secret of before, while sessions that it signed still live: a day after a change. */
  NEXTAUTH_SECRET_PREVIOUS: secret(32, "openssl rand -base64 36").optional(),
  /** The address in people's browsers; by default the one we listen on, when that is on this machine. */
  BASE_URL: httpOrigin.optional(),
  /** A second address of the same server, on another host name, where artifacts are shown: it never gets a cookie. */
  ARTIFACT_ORIGIN: httpOrigin.optional(),
  /** Where to listen. */
  HOST: text("an address or a host name to listen on").default("127.0.0.1"),
  PORT: wholeNumber(1, 65_535).default(3000),
  /** Proxies on other machines, whose X-Forwarded-For counts; one on this machine always counts. */
  TRUSTED_PROXIES: addressRanges.default([]),
  /** Holds logs, artifacts and copies of repositories; all web and timer processes share it. */
  DATA_DIR: filePath("a folder").default(path.resolve(".data")),
  /** Names repositories, branches, pools and roles; read again when it changes. By default selfserve.yml in DATA_DIR. */
  CONFIG_FILE: filePath("the configuration, selfserve.yml").optional(),
  /** How long a silent worker keeps its runs. */
  LEASE_SECONDS: wholeNumber(5, 3600, "seconds").default(60),
  /** How often the two stores are compared in full. */
  SWEEP_SECONDS: wholeNumber(1, 3600, "seconds").default(30),
  /** Lets others than this machine read /metrics. */
  METRICS_TOKEN: secret(16, "openssl rand -hex 16").optional(),
  LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  NODE_ENV: oneOf(["production", "development", "test"]).default("production"),
});

type Variables = z.output<typeof Variables>;

/** The environment, checked and complete. */
export type Env = Omit<Variables, "BASE_URL" | "ARTIFACT_ORIGIN" | "CONFIG_FILE"> & {
  BASE_URL: string;
  ARTIFACT_ORIGIN: string;
  CONFIG_FILE: string;
};

/** The environment cannot be used; the message has one line for each variable, saying what would be right. */
export class EnvError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["The environment is not complete:", ...problems.map((problem) => `  ${problem}`)].join("\n"));
    this.name = "EnvError";
    this.problems = problems;
  }
}

type Source = Readonly<Record<string, string | undefined>>;

let known: Env | undefined;

/**
 * The environment of this process, read once. Also puts NEXTAUTH_URL and NEXTAUTH_SECRET where next-auth looks for them.
 * Throws EnvError.
 */
export function env(): Env {
  if (known) return known;
  known = readEnv(process.env);
  process.env.NEXTAUTH_URL = known.BASE_URL;
  process.env.NEXTAUTH_SECRET = known.NEXTAUTH_SECRET;
  return known;
}

/** All variables of this process: for the programs it starts, and for the tokens that the configuration names by a variable. */
export function processVariables(): Source {
  return process.env;
}

/** Checks a whole environment and completes it. Throws EnvError, naming everything that is wrong. */
export function readEnv(source: Source): Env {
  const problems: string[] = [];
  const values = takeValues(source, problems);
  const parsed = Variables.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!problems.some((problem) => problem.startsWith(name))) {
      problems.push(`${name} is ${values[name] === undefined ? "missing" : "malformed"}: it ${issue.message}.`);
    }
  }
  if (!parsed.success || problems.length > 0) throw new EnvError(problems);
  return complete(parsed.data);
}

function takeValues(source: Source, problems: string[]): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {};
  for (const name of Object.keys(Variables.shape)) {
    const file = source[`${name}_FILE`] || undefined;
    values[name] = source[name] || undefined;
    if (file === undefined) continue;
    if (values[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set: one of them must go.`);
    try {
      values[name] = readFileSync(/* turbopackIgnore: true */ file, "utf8").trim();
    } catch (error) {
      problems.push(`${name}_FILE cannot be read: ${error instanceof Error ? error.message : error}.`);
    }
  }
  return values;
}

/** What follows from other variables, and what they must not be together. */
function complete(given: Variables): Env {
  const problems: string[] = [];
  const plainAway = given.LDAP_URL.filter((url) => url.startsWith("ldap:") && !isLoopback(new URL(url).hostname));
  if (plainAway.length > 0 && !given.LDAP_START_TLS) {
    problems.push(
      `LDAP_URL is not safe: passwords would travel readable to ${plainAway.join(", ")}. Use ldaps://, or set LDAP_START_TLS=true.`,
    );
  }
  if (given.LDAP_START_TLS && given.LDAP_URL.some((url) => url.startsWith("ldaps:"))) {
    problems.push(
      "LDAP_START_TLS is malformed: it must be false with ldaps:// addresses, which are encrypted from the start.",
    );
  }
  if (given.BASE_URL === undefined && !isLoopback(given.HOST)) {
    problems.push(
      `BASE_URL is missing: it must be the address in people's browsers, because HOST=${given.HOST} is not this machine alone.`,
    );
  }
  const BASE_URL =
    given.BASE_URL ??
    new URL(`http://${given.HOST.includes(":") ? `[${given.HOST}]` : given.HOST}:${given.PORT}`).origin;
  const ARTIFACT_ORIGIN = given.ARTIFACT_ORIGIN ?? otherNameOfLoopback(BASE_URL);
  if (ARTIFACT_ORIGIN === undefined) {
    problems.push(
      "ARTIFACT_ORIGIN is missing: it must be an address of this server on another host name, such as https://artifacts.example.net.",
    );
  } else if (new URL(ARTIFACT_ORIGIN).hostname === new URL(BASE_URL).hostname) {
    problems.push(
      "ARTIFACT_ORIGIN is malformed: it must have another host name than BASE_URL, so that artifacts never see its cookies.",
    );
  }
  if (problems.length > 0 || ARTIFACT_ORIGIN === undefined) throw new EnvError(problems);
  return {
    ...given,
    BASE_URL,
    ARTIFACT_ORIGIN,
    CONFIG_FILE: given.CONFIG_FILE ?? path.join(given.DATA_DIR, "selfserve.yml"),
  };
}

/** This machine has two names, and browsers keep their cookies apart. */
function otherNameOfLoopback(origin: string): string | undefined {
  const url = new URL(origin);
  if (!isLoopback(url.hostname)) return undefined;
  url.hostname = url.hostname === "localhost" ? "127.0.0.1" : "localhost";
  return url.origin;
}
