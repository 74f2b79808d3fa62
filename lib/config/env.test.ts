import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { EnvError, readEnv } from "./env.ts";

const GOOD = {
  DATABASE_URL: "postgresql://selfserve:word@db.example.org/selfserve",
  REDIS_URL: "redis://127.0.0.1:6379/0",
  LDAP_URL: "ldaps://ldap1.example.org, ldaps://ldap2.example.org:1636",
  LDAP_BIND_DN: "cn=self-serve,ou=services,dc=example,dc=org",
  LDAP_BIND_PASSWORD: "word",
  LDAP_USER_BASE: "ou=people,dc=example,dc=org",
  LDAP_GROUP_BASE: "ou=groups,dc=example,dc=org",
  NEXTAUTH_SECRET: "0123456789abcdef0123456789abcdef",
};

function problemsOf(change: Record<string, string | undefined>): readonly string[] {
  try {
    readEnv({ ...GOOD, ...change });
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
  return [];
}

describe("a complete environment", () => {
  it("gets its defaults", () => {
    expect(readEnv(GOOD)).toMatchObject({
      LDAP_URL: ["ldaps://ldap1.example.org", "ldaps://ldap2.example.org:1636"],
      LDAP_START_TLS: false,
      HOST: "127.0.0.1",
      PORT: 3000,
      BASE_URL: "http://127.0.0.1:3000",
      ARTIFACT_ORIGIN: "http://localhost:3000",
      DATA_DIR: path.resolve(".data"),
      CONFIG_FILE: path.resolve(".data/selfserve.yml"),
      LEASE_SECONDS: 60,
      SWEEP_SECONDS: 30,
      TRUSTED_PROXIES: [],
      LOG_LEVEL: "info",
    });
  });

  it("takes its own addresses", () => {
    const given = {
      HOST: "0.0.0.0",
      BASE_URL: "https://ci.example.org",
      ARTIFACT_ORIGIN: "https://files.example.net/",
      TRUSTED_PROXIES: "10.0.0.5, 10.1.0.0/16,2001:db8::/64",
    };
    expect(readEnv({ ...GOOD, ...given })).toMatchObject({
      BASE_URL: "https://ci.example.org",
      ARTIFACT_ORIGIN: "https://files.example.net",
      TRUSTED_PROXIES: ["10.0.0.5", "10.1.0.0/16", "2001:db8::/64"],
    });
  });

  it("keeps artifacts on the other name of this machine", () => {
    expect(readEnv({ ...GOOD, BASE_URL: "http://localhost:8080" }).ARTIFACT_ORIGIN).toBe("http://127.0.0.1:8080");
    expect(readEnv({ ...GOOD, HOST: "::1", PORT: "81" })).toMatchObject({
      BASE_URL: "http://[::1]:81",
      ARTIFACT_ORIGIN: "http://localhost:81",
    });
  });

  it("allows plain LDAP to this machine, and StartTLS to others", () => {
    expect(problemsOf({ LDAP_URL: "ldap://127.0.0.1:3890" })).toEqual([]);
    expect(problemsOf({ LDAP_URL: "ldap://ldap.example.org", LDAP_START_TLS: "true" })).toEqual([]);
  });

  it("reads a secret from a file", () => {
    const file = path.join(temporaryFolder(), "secret");
    writeFileSync(file, `${"s".repeat(40)}\n`);
    const { NEXTAUTH_SECRET: _, ...rest } = GOOD;
    expect(readEnv({ ...rest, NEXTAUTH_SECRET_FILE: file }).NEXTAUTH_SECRET).toBe("s".repeat(40));
  });
});

describe("an environment that cannot be used", () => {
  it("is told everything that is missing at once", () => {
    const problems = problemsOf(Object.fromEntries(Object.keys(GOOD).map((name) => [name, undefined])));
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(
      Object.keys(GOOD).map((name) => `${name} is missing`),
    );
  });

  it("never repeats a secret", () => {
    const word = "unguessable";
    expect(problemsOf({ NEXTAUTH_SECRET: word, DATABASE_URL: `mysql://x:${word}@y/z` }).join()).not.toContain(word);
  });

  it.each([
    ["DATABASE_URL", "", "missing: it must be an address such as postgresql://"],
    ["DATABASE_URL", "localhost:5432", "malformed: it must be an address such as postgresql://"],
    ["DATABASE_URL", "mysql://db/selfserve", "malformed: it must be an address such as postgresql://"],
    ["REDIS_URL", "http://127.0.0.1:6379", "malformed: it must be an address such as redis://"],
    ["REDIS_URL", "redis://", "malformed: it must be an address such as redis://"],
    ["REDIS_URL", "redis+cluster://a:7000,b:7000/1", "malformed: it must be an address such as redis://"],
    ["REDIS_URL", "redis://a:7000,b:7000", "malformed: it must be an address such as redis://"],
    ["LDAP_URL", "ldaps://a.example.org,", "malformed: it must be one or more addresses"],
    ["LDAP_URL", "ldap.example.org", "malformed: it must be one or more addresses"],
    ["LDAP_URL", "ldaps://a.example.org/dc=example", "malformed: it must be one or more addresses"],
    ["LDAP_URL", "ldap://ldap.example.org", "not safe: passwords would travel readable to ldap://ldap.example.org"],
    ["LDAP_START_TLS", "yes", "malformed: it must be one of true, false"],
    ["LDAP_START_TLS", "true", "malformed: it must be false with ldaps://"],
    ["LDAP_BIND_DN", "self-serve", "malformed: it must be a distinguished name"],
    ["LDAP_USER_BASE", "people@example.org", "malformed: it must be a distinguished name"],
    ["NEXTAUTH_SECRET", "short", "malformed: it must be a secret of at least 32 characters"],
    ["BASE_URL", "http://ci.example.org", "malformed: it must start with https://"],
    ["BASE_URL", "https://ci.example.org/path", "malformed: it must be a scheme, a host and perhaps a port"],
    ["BASE_URL", "ftp://ci.example.org", "malformed: it must be a scheme, a host and perhaps a port"],
    ["BASE_URL", "https://user:word@ci.example.org", "malformed: it must be a scheme, a host and perhaps a port"],
    ["ARTIFACT_ORIGIN", "http://127.0.0.1:4000", "malformed: it must have another host name than BASE_URL"],
    ["ARTIFACT_ORIGIN", "files", "malformed: it must be a scheme, a host"],
    ["PORT", "0", "malformed: it must be a whole number from 1 to 65535"],
    ["PORT", "65536", "malformed: it must be"],
    ["PORT", "80x", "malformed: it must be"],
    ["PORT", "-1", "malformed: it must be"],
    ["TRUSTED_PROXIES", "proxy.example.org", "malformed: it must be addresses or ranges"],
    ["TRUSTED_PROXIES", "10.0.0.5,", "malformed: it must be addresses or ranges"],
    ["TRUSTED_PROXIES", "0.0.0.0/0", "malformed: it must be addresses or ranges"],
    ["TRUSTED_PROXIES", "10.0.0.0/33", "malformed: it must be addresses or ranges"],
    ["TRUSTED_PROXIES", "10.0.0.0/8/8", "malformed: it must be addresses or ranges"],
    ["TRUSTED_PROXIES", "2001:db8::/129", "malformed: it must be addresses or ranges"],
    ["LEASE_SECONDS", "1", "malformed: it must be a whole number of seconds from 5 to 3600"],
    ["LEASE_SECONDS", "1e3", "malformed: it must be"],
    ["SWEEP_SECONDS", "30.5", "malformed: it must be"],
    ["METRICS_TOKEN", "abc", "malformed: it must be a secret of at least 16 characters"],
    ["LOG_LEVEL", "loud", "malformed: it must be one of trace, debug"],
    ["NODE_ENV", "prod", "malformed: it must be one of production"],
  ])("%s=%s", (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} is ${problem}`)]);
  });

  it("needs the outer address when it listens for others", () => {
    expect(problemsOf({ HOST: "0.0.0.0" })).toEqual([
      expect.stringContaining("BASE_URL is missing"),
      expect.stringContaining("ARTIFACT_ORIGIN"),
    ]);
    expect(problemsOf({ BASE_URL: "https://ci.example.org" })).toEqual([
      expect.stringContaining("ARTIFACT_ORIGIN is missing"),
    ]);
  });

  it("cannot have a value twice, or in a file that is not there", () => {
    const file = path.join(temporaryFolder(), "none");
    expect(problemsOf({ LDAP_BIND_PASSWORD_FILE: file })).toEqual([
      "LDAP_BIND_PASSWORD and LDAP_BIND_PASSWORD_FILE are both set: one of them must go.",
      expect.stringContaining("LDAP_BIND_PASSWORD_FILE cannot be read: ENOENT"),
    ]);
  });
});
