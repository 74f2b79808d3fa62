import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { addGroup, addPerson, asAdmin, DEMO_ROLES, type TestPerson, testDirectory } from "../testing/directory.ts";
import { openRecordingProxy } from "../testing/recording-proxy.ts";
import { testServices } from "../testing/test-services.ts";
import { Directory, type DirectoryOptions } from "./directory.ts";
import { LoginLimits } from "./login-limits.ts";
import { rolesOf } from "./roles.ts";
import { cookieNames, makeSessionCookie } from "./session-cookie.ts";
import { endSession, findSession } from "./sessions.ts";
import { signIn } from "./sign-in.ts";
import { UserRefresher, userOfLogin } from "./users.ts";
import { type WhoAsksTools, whoAsks } from "./who-asks.ts";

const admin = testDirectory();
const cookies = { secure: false, secrets: ["the secret of today, long enough", "the secret of yesterday, too"] };
const roles = async (groups: readonly string[]) => rolesOf(groups, DEMO_ROLES);
const reported: unknown[] = [];
const report = (error: unknown) => void reported.push(error);
let test: TestContext;
let person: TestPerson;

beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());
beforeEach(async () => {
  person = await addPerson(admin);
});

function directory(url = testServices().ldap.url, part: Partial<DirectoryOptions> = {}): Directory {
  const { bindDn, bindPassword, userBase, groupBase } = testServices().ldap;
  return new Directory({ urls: [url], bindDn, bindPassword, userBase, groupBase, ...part });
}

async function signedIn(login = person.login, password = person.password): Promise<string> {
  const limits = new LoginLimits(test.redis);
  const tools = {
    ctx: test.ctx,
    directory: directory(),
    limits,
    refusalMs: 0,
    rolesOf: roles,
    welcome: async () => {},
    report,
  };
  const outcome = await signIn(tools, { login, password, ip: "192.0.2.1", userAgent: "a browser" });
  if (!("sessionId" in outcome)) throw new Error(outcome.fault);
  return outcome.sessionId;
}

function tools(from: Directory = directory()): WhoAsksTools {
  const refresher = new UserRefresher(test.sql, from, roles);
  return { sql: test.sql, cookies, fresh: (user) => refresher.fresh(user), rolesOf: roles };
}

async function ask(sessionId: string, part: Partial<WhoAsksTools> = {}, name = cookieNames(false).session) {
  const cookie = `other=1; ${name}=${await makeSessionCookie(sessionId, cookies)}; another=2`;
  return whoAsks({ ...tools(), ...part }, { authorization: null, cookie, ip: "192.0.2.1" });
}

const age = (column: string, hours: number) =>
  test.sql.count(`UPDATE sessions SET ${column} = ${column} - make_interval(secs => $1)`, [hours * 3_600]);
const ageGroups = () => test.sql.count("UPDATE users SET groups_read_at = groups_read_at - interval '11 minutes'");
const ended = { code: "unauthenticated", message: "Your session has ended. Sign in again." };

describe("a session", () => {
  it("tells who asks, with the roles of their groups", async () => {
    const sheriff = await signedIn("sheriff", "sheriff");
    expect(await ask(sheriff)).toMatchObject({
      kind: "user",
      login: "sheriff",
      roles: ["developer", "sheriff"],
      scopes: ["read", "jobs:write"],
      via: expect.stringMatching(/^session:[0-9a-f]{12}$/),
      ip: "192.0.2.1",
    });
  });

  it("is new at every login, and none of its secret is in the database or the audit", async () => {
    const [one, other] = [await signedIn(), await signedIn()];
    expect(one).not.toBe(other);
    const rows = await test.sql.rows(
      "SELECT to_jsonb(s) AS row FROM sessions s UNION ALL SELECT to_jsonb(a) FROM audit_entries a",
    );
    expect(JSON.stringify(rows)).not.toContain(one);
    expect(JSON.stringify(rows)).not.toContain(person.password);
  });

  it("is in the audit from its start", async () => {
    await signedIn();
    const rows = await test.sql.rows("SELECT actor, action, from_ip FROM audit_entries WHERE actor = $1", [
      person.login,
    ]);
    expect(rows).toEqual([{ actor: person.login, action: "session.start", from_ip: "192.0.2.1" }]);
  });

  it("ends for every copy of its cookie when it is ended", async () => {
    const id = await signedIn();
    await endSession(test.sql, id);
    await expect(ask(id)).rejects.toMatchObject(ended);
  });

  it("ends after eight idle hours, not before", async () => {
    const id = await signedIn();
    await age("last_seen_at", 7.9);
    await expect(ask(id)).resolves.toBeDefined(); // and counts as seen now
    await age("last_seen_at", 7.9);
    await expect(ask(id)).resolves.toBeDefined();
    await age("last_seen_at", 8.1);
    await expect(ask(id)).rejects.toMatchObject(ended);
  });

  it("ends 24 hours after the login, however busy", async () => {
    const id = await signedIn();
    await age("expires_at", 24);
    await expect(ask(id)).rejects.toMatchObject(ended);
  });

  it("ends with its user", async () => {
    const id = await signedIn();
    await test.sql.count("UPDATE users SET disabled_at = clock_timestamp() WHERE login = $1", [person.login]);
    await expect(ask(id)).rejects.toMatchObject(ended);
  });

  it("is nobody's when its cookie is forged, cut, another's or under another name", async () => {
    const id = await signedIn();
    const nobody = { code: "unauthenticated" };
    await expect(ask("A".repeat(43))).rejects.toMatchObject(nobody);
    await expect(ask(`${id}x`)).rejects.toMatchObject(nobody);
    await expect(ask(id, {}, cookieNames(true).session)).rejects.toMatchObject(nobody);
    const stranger = await makeSessionCookie(id, { ...cookies, secrets: ["a stranger's secret"] });
    for (const value of [stranger, "x", "", "a.b.c.d.e", "%00", "x".repeat(9_000)]) {
      const asked = whoAsks(tools(), { authorization: null, cookie: `self-serve.session=${value}`, ip: null });
      await expect(asked).rejects.toMatchObject(nobody);
    }
  });

  it("survives a change of the secret while the old one still counts", async () => {
    const id = await signedIn();
    const old = await makeSessionCookie(id, { ...cookies, secrets: ["the secret of yesterday, too"] });
    const asked = whoAsks(tools(), { authorization: null, cookie: `self-serve.session=${old}`, ip: null });
    await expect(asked).resolves.toMatchObject({ login: person.login });
  });

  it("does not count as a bearer token", async () => {
    const value = await makeSessionCookie(await signedIn(), cookies);
    const asked = whoAsks(tools(), { authorization: `Bearer ${value}`, cookie: null, ip: null });
    await expect(asked).rejects.toMatchObject({ code: "unauthenticated" });
  });
});

describe("groups", () => {
  it("are read again when they are old: a new role comes, a lost one goes", async () => {
    const id = await signedIn();
    expect(await ask(id)).toMatchObject({ roles: [] });
    await asAdmin(admin, (client) => changeMember(client, "add"));
    expect(await ask(id)).toMatchObject({ roles: [] });
    await ageGroups();
    expect(await ask(id)).toMatchObject({ roles: ["sheriff"] });
    await asAdmin(admin, (client) => changeMember(client, "delete"));
    await ageGroups();
    expect(await ask(id)).toMatchObject({ roles: [] });
  });

  it("end the session of a person who was removed, also of their other sessions", async () => {
    const [id, other] = [await signedIn(), await signedIn()];
    await asAdmin(admin, (client) => client.del(person.dn));
    await ageGroups();
    await expect(ask(id)).rejects.toMatchObject(ended);
    expect(await findSession(test.sql, other)).toBeNull();
  });

  it("stay as they were last known while the directory is away", async () => {
    const id = await signedIn("sheriff", "sheriff");
    await ageGroups();
    const away = tools(directory("ldap://127.0.0.1:1"));
    expect(await ask(id, away)).toMatchObject({ login: "sheriff", roles: ["developer", "sheriff"] });
  });

  it("are not waited for while the directory stays away, and read when it is back", async () => {
    const id = await signedIn();
    await ageGroups();
    await asAdmin(admin, (client) => changeMember(client, "add"));
    const silent = await openRecordingProxy();
    const url = `ldap://127.0.0.1:${silent.port}`;
    const away = tools(directory(url, { timeoutMs: 1_000 }));
    expect(await ask(id, away)).toMatchObject({ roles: [] });
    const { connections } = silent;
    for (let count = 0; count < 5; count++) expect(await ask(id, away)).toMatchObject({ roles: [] });
    expect(silent.connections).toBe(connections); // nobody asked it again
    await silent.close();

    const back = await openRecordingProxy({ port: silent.port, targetPort: Number(new URL(admin.url).port) });
    await expect.poll(() => ask(id, away)).toMatchObject({ roles: ["sheriff"] });
    await back.close();
    await asAdmin(admin, (client) => changeMember(client, "delete"));
  });

  it("are asked for once when many requests come at once", async () => {
    const id = await signedIn();
    await ageGroups();
    const counted = directory();
    const everybody = Promise.withResolvers<void>();
    let asked = 0;
    const find = counted.find.bind(counted);
    counted.find = async (directoryId) => {
      asked++;
      await everybody.promise;
      return find(directoryId);
    };
    const shared = tools(counted);
    let arrived = 0;
    const fresh: WhoAsksTools["fresh"] = (user) => {
      const answer = shared.fresh(user);
      if (++arrived === 10) everybody.resolve();
      return answer;
    };
    await Promise.all(Array.from({ length: 10 }, () => ask(id, { ...shared, fresh })));
    expect(asked).toBe(1);
  });
});

it("gives a login name that now belongs to somebody else to them", async () => {
  const old = await signedIn();
  await asAdmin(admin, (client) => client.del(person.dn));
  const successor = await addPerson(admin, { login: person.login });
  const id = await signedIn(successor.login, successor.password);
  expect(await ask(id)).toMatchObject({ login: person.login });
  expect(await findSession(test.sql, old)).not.toMatchObject({ login: person.login });
  await ageGroups();
  await expect(ask(old)).rejects.toMatchObject(ended);
});

it("welcomes a person at every login, and lets them in also when that fails", async () => {
  const welcomed: string[] = [];
  const limits = new LoginLimits(test.redis);
  const welcome = async (_ctx: unknown, user: { login: string }) => {
    welcomed.push(user.login);
    throw new Error("It did not work.");
  };
  const all = { ctx: test.ctx, directory: directory(), limits, refusalMs: 0, rolesOf: roles, welcome, report };
  for (let time = 1; time <= 2; time++) {
    expect(await signIn(all, { ...person, ip: "192.0.2.9", userAgent: null })).toHaveProperty("sessionId");
  }
  expect(welcomed).toEqual([person.login, person.login]);
  expect(reported).toHaveLength(2);
});

async function changeMember(client: Parameters<Parameters<typeof asAdmin>[1]>[0], operation: "add" | "delete") {
  const { Attribute, Change } = await import("ldapts");
  const modification = new Attribute({ type: "member", values: [person.dn] });
  await client.modify(`cn=sheriffs,${admin.groupBase}`, new Change({ operation, modification }));
}

it("makes a user of a person whom only the directory knows, once", async () => {
  const all = { sql: test.sql, directory: directory(), rolesOf: roles };
  const id = await userOfLogin(all, person.login.toUpperCase());
  expect(id).toBeGreaterThan(0);
  expect(await userOfLogin(all, person.login)).toBe(id);
  expect(await ask(await signedIn())).toMatchObject({ userId: id });
  for (const nobody of ["nobody-at-all", "*", "", "a b"]) expect(await userOfLogin(all, nobody)).toBeNull();
});

it("knows groups that no role names", async () => {
  await addGroup(admin, { members: [person.dn] });
  expect(await ask(await signedIn())).toMatchObject({ roles: [] });
});
