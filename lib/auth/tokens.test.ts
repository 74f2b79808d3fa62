import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TokenScope } from "../contracts/me.ts";
import type { Actor } from "../scheduler/context.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { DEMO_ROLES } from "../testing/directory.ts";
import { makeUser, uniqueName } from "../testing/rows.ts";
import { createToken } from "./create-token.ts";
import { listTokens } from "./list-tokens.ts";
import { revokeToken } from "./revoke-token.ts";
import { rolesOf } from "./roles.ts";
import { newToken, parseToken, TOKEN_PATTERN } from "./token-format.ts";
import { verifyToken } from "./tokens.ts";
import { type WhoAsksTools, whoAsks } from "./who-asks.ts";

let test: TestContext;
let owner: Extract<Actor, { kind: "user" }>;

beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());
beforeEach(async () => {
  owner = await someone("developer");
});

async function someone(role: "developer" | "admin"): Promise<Extract<Actor, { kind: "user" }>> {
  const login = uniqueName("user");
  const userId = await makeUser(test.sql, { login });
  await test.sql.count("UPDATE users SET groups = $2 WHERE id = $1", [userId, [`${role}s`]]);
  return { kind: "user", userId, login, roles: [role], scopes: ["read", "jobs:write"], via: "session:0123", ip: null };
}

const create = (scopes: TokenScope[] = ["read"], actor: Actor = owner) =>
  createToken(test.as(actor), { name: "report", scopes, expiresInDays: 90 });
const verify = (secret: string) => verifyToken(test.sql, secret, "192.0.2.7");

function ask(authorization: string, part: Partial<WhoAsksTools> = {}): Promise<Actor> {
  const tools: WhoAsksTools = {
    sql: test.sql,
    cookies: { secure: false, secrets: [] },
    fresh: async (user) => user,
    rolesOf: async (groups) => rolesOf(groups, DEMO_ROLES),
    ...part,
  };
  return whoAsks(tools, { authorization, cookie: null, ip: "192.0.2.7" });
}

describe("a token", () => {
  it("has a form that a scanner finds and a mistype breaks", () => {
    for (let count = 0; count < 200; count++) {
      const { secret, publicId, kind } = newToken("user");
      expect(secret).toMatch(TOKEN_PATTERN);
      expect(parseToken(secret)).toEqual({ kind, publicId });
    }
    const { secret } = newToken("user");
    const mistyped = [
      secret.replace("ss_user", "ss_hook"),
      `${secret.slice(0, -1)}${secret.endsWith("0") ? "1" : "0"}`,
      secret.slice(0, -1),
      `${secret}0`,
      ` ${secret}`,
      secret.toUpperCase(),
      "",
    ];
    expect(mistyped.map(parseToken)).toEqual(mistyped.map(() => null));
  });

  it("works for its owner, with its scopes and the owner's roles of now", async () => {
    const { secret, id } = await create(["read", "jobs:write"]);
    const { userId, login } = owner;
    const expected = {
      kind: "user",
      userId,
      login,
      roles: ["developer"],
      scopes: ["read", "jobs:write"],
      via: `token:${id}`,
    };
    expect(await ask(`Bearer ${secret}`)).toMatchObject(expected);
    expect(await ask(`bearer  ${secret}`)).toMatchObject(expected);
    await test.sql.count("UPDATE users SET groups = '{}' WHERE id = $1", [owner.userId]);
    expect(await ask(`Bearer ${secret}`)).toMatchObject({ roles: [] });
  });

  it("is nowhere in the database", async () => {
    const { secret } = await create();
    const rows = await test.sql.rows(
      "SELECT to_jsonb(t) AS row FROM api_tokens t UNION ALL SELECT to_jsonb(a) FROM audit_entries a",
    );
    const half = secret.split("_")[3] ?? "";
    expect(half).toHaveLength(43);
    expect(JSON.stringify(rows)).not.toContain(half);
  });

  it("notes its use once a minute, with the address", async () => {
    const { secret, id } = await create();
    await verify(secret);
    const read = () =>
      test.sql.one<{ at: Date; ip: string }>("SELECT last_used_at AS at, last_ip AS ip FROM api_tokens WHERE id = $1", [
        id,
      ]);
    const first = await read();
    expect(first.ip).toBe("192.0.2.7");
    await verify(secret);
    expect((await read()).at).toEqual(first.at);
    await test.sql.count("UPDATE api_tokens SET last_used_at = last_used_at - interval '61 seconds' WHERE id = $1", [
      id,
    ]);
    await verify(secret);
    expect((await read()).at.getTime()).toBeGreaterThanOrEqual(first.at.getTime());
  });

  it("works until the moment it ends", async () => {
    const { secret, id } = await create();
    await test.sql.count("UPDATE api_tokens SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1", [id]);
    expect(await verify(secret)).toBeNull();
  });

  it("ends with its owner", async () => {
    const { secret } = await create();
    await test.sql.count("UPDATE users SET disabled_at = clock_timestamp() WHERE id = $1", [owner.userId]);
    expect(await verify(secret)).toBeNull();
    await test.sql.count("UPDATE users SET disabled_at = NULL WHERE id = $1", [owner.userId]);
    await expect(ask(`Bearer ${secret}`, { fresh: async () => null })).rejects.toMatchObject({
      code: "unauthenticated",
    });
  });

  it("is not found by another secret with the same public half", async () => {
    const { secret } = await create();
    const other = newToken("user").secret.split("_");
    const [, , publicId] = secret.split("_");
    expect(await verify([other[0], other[1], publicId, other[3], other[4]].join("_"))).toBeNull();
  });

  it.each([
    "",
    "Bearer",
    "Bearer ",
    "Basic ZGV2OmRldg==",
    "Bearer a b",
    "Bearer %E0%A4%A",
    "Bearer ss_user_x",
    `Bearer ${"x".repeat(9_000)}`,
    "Bearer null",
    newToken("user").secret,
  ])("is not what %j is", async (authorization) => {
    await expect(ask(authorization)).rejects.toMatchObject({ code: "unauthenticated" });
  });
});

describe("making a token", () => {
  it("is in the audit, without the secret", async () => {
    const { id } = await create(["read", "read", "jobs:write"]);
    const rows = await test.sql.rows("SELECT actor, after FROM audit_entries WHERE object = $1", [`token:${id}`]);
    expect(rows).toMatchObject([{ actor: owner.login, after: { name: "report", scopes: ["read", "jobs:write"] } }]);
  });

  it("is not for tokens, hooks and workers", async () => {
    const hook: Actor = { kind: "hook", name: "git", scopes: ["pushes:write"], via: "token:1", ip: null };
    for (const actor of [{ ...owner, via: "token:1" }, hook]) {
      await expect(create(["read"], actor)).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  it("for a hook is for admins, and for nothing else besides", async () => {
    await expect(create(["pushes:write"])).rejects.toMatchObject({ code: "forbidden" });
    const admin = await someone("admin");
    await expect(create(["pushes:write", "read"], admin)).rejects.toMatchObject({ code: "invalid" });
    const { secret, id } = await create(["pushes:write"], admin);
    expect(secret).toMatch(/^ss_hook_/);
    const actor = { kind: "hook", name: "report", scopes: ["pushes:write"], via: `token:${id}` };
    expect(await ask(`Bearer ${secret}`)).toMatchObject(actor);
  });
});

describe("ending a token", () => {
  it("takes effect at once, and repeating it changes nothing", async () => {
    const { secret, id } = await create();
    const ended = await revokeToken(test.as(owner), { tokenId: id });
    expect(ended.revokedAt).not.toBeNull();
    expect(await verify(secret)).toBeNull();
    expect(await revokeToken(test.as(owner), { tokenId: id })).toEqual(ended);
    const rows = await test.sql.rows("SELECT action FROM audit_entries WHERE object = $1 ORDER BY id", [`token:${id}`]);
    expect(rows).toEqual([{ action: "token.create" }, { action: "token.revoke" }]);
  });

  it("is for its owner, an admin and the token itself; for others there is no such token", async () => {
    const { id } = await create();
    const other = await create();
    const stranger = await someone("developer");
    const notFound = { code: "not_found", message: `There is no token ${id} of yours.` };
    await expect(revokeToken(test.as(stranger), { tokenId: id })).rejects.toMatchObject(notFound);
    await expect(revokeToken(test.as({ ...owner, via: `token:${other.id}` }), { tokenId: id })).rejects.toMatchObject(
      notFound,
    );
    await expect(revokeToken(test.as(owner), { tokenId: 999_999 })).rejects.toMatchObject({ code: "not_found" });
    await revokeToken(test.as({ ...owner, via: `token:${id}` }), { tokenId: id });
    await revokeToken(test.as(await someone("admin")), { tokenId: other.id });
  });
});

describe("the list of tokens", () => {
  it("shows one's own, newest first, never a secret; hooks to admins only", async () => {
    const [first, second] = [await create(), await create()];
    const admin = await someone("admin");
    const hook = await create(["pushes:write"], admin);
    const mine = await listTokens(test.as(owner));
    expect(mine.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(JSON.stringify(mine)).not.toMatch(/ss_user|hash/);
    expect((await listTokens(test.as(admin))).map(({ id }) => id)).toContain(hook.id);
  });
});
