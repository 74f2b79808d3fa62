import { setTimeout as pass } from "node:timers/promises";
import { Directory } from "../../lib/auth/directory.ts";
import { mintToken } from "../../lib/auth/tokens.ts";
import { upsertUser } from "../../lib/auth/users.ts";
import type { TokenScope } from "../../lib/contracts/me.ts";
import { type Database, openDatabase } from "../../lib/db/sql.ts";
import type { Stores } from "./stores.ts";

/** Tokens of those who talk to the product: a push hook, two developers, a sheriff and an admin. `dev` owns all pushes. */
export interface People {
  hook: string;
  dev: string;
  dana: string;
  sheriff: string;
  admin: string;
}

const LOGINS = ["dev", "dana", "sheriff", "admin"] as const;

/** Waits until the configuration is in effect, then gives everybody a token, as the pages would. */
export async function makePeople({ postgres, directory, env }: Stores): Promise<People> {
  const people = new Directory({
    urls: [directory.url],
    bindDn: env.LDAP_BIND_DN ?? "",
    bindPassword: env.LDAP_BIND_PASSWORD ?? "",
    userBase: env.LDAP_USER_BASE ?? "",
    groupBase: env.LDAP_GROUP_BASE ?? "",
    startTls: false,
  });
  const sql = openDatabase({ url: postgres.url, applicationName: "campaign" });
  try {
    await untilConfigured(sql);
    const tokens: Record<string, string> = { hook: await mint(sql, null, ["pushes:write"]) };
    for (const login of LOGINS) {
      const person = await people.findLogin(login);
      if (!person) throw new Error(`The directory does not know ${login}.`);
      const { userId } = await upsertUser(sql, person, []);
      tokens[login] = await mint(sql, userId, ["read", "jobs:write"]);
    }
    return tokens as Record<string, string> & People;
  } finally {
    await sql.close();
  }
}

async function mint(sql: Database, userId: number | null, scopes: TokenScope[]): Promise<string> {
  const kind = userId === null ? "hook" : "user";
  return (await mintToken(sql, { kind, userId, name: "campaign", scopes, expiresInDays: 30 })).secret;
}

async function untilConfigured(sql: Database): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const { count } = await sql.one<{ count: number }>("SELECT count(*) AS count FROM branches");
    if (count > 0) return;
    await pass(100);
  }
  throw new Error("The timer did not put the configuration into effect within a minute.");
}
