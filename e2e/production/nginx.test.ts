import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintToken } from "../../lib/auth/tokens.ts";
import type { PushDetail, ReceivePushReply } from "../../lib/contracts/push.ts";
import type { LogPart, Run } from "../../lib/contracts/run.ts";
import { type Database, openDatabase } from "../../lib/db/sql.ts";
import { type Deployment, NAMES, startDeployment } from "./deployment.ts";

// docs/production/ as it stands: its units, its environment, its proxy with TLS. Everything goes through the proxy.

/** What nobody may be believed. */
const SPOOF = {
  "x-forwarded-for": "6.6.6.6",
  "x-forwarded-host": "evil.test",
  "x-forwarded-proto": "http",
  forwarded: "for=6.6.6.6;host=evil.test",
};

let site: Deployment;
let sql: Database;
/** Bearer headers of a user and of a hook, once somebody has signed in. */
let user: Record<string, string>;
let hook: Record<string, string>;

beforeAll(async () => {
  site = await startDeployment();
  sql = openDatabase({ url: site.databaseUrl, applicationName: "production test", max: 1 });
}, 240_000);
afterAll(async () => {
  await sql?.close();
  await site?.stop();
}, 60_000);

const api = (path: string) => `${site.baseUrl}/api/v1${path}`;

/** Signs in as the login page does; answers the cookies as they were set. */
async function signIn(login: string): Promise<string[]> {
  const csrf = await site.client.ask(`${site.baseUrl}/api/auth/csrf`, { headers: SPOOF });
  const { csrfToken } = JSON.parse(csrf.bytes.toString("utf8"));
  const form = new URLSearchParams({ csrfToken, login, password: login, json: "true", callbackUrl: "/" });
  const answer = await site.client.ask(`${site.baseUrl}/api/auth/callback/ldap`, {
    method: "POST",
    headers: {
      ...SPOOF,
      cookie: cookieHeader(csrf.headers["set-cookie"] ?? []),
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin",
    },
    body: form.toString(),
  });
  expect(answer.status, answer.bytes.toString("utf8")).toBe(200);
  return answer.headers["set-cookie"] ?? [];
}

function cookieHeader(set: readonly string[]): string {
  return set.map((cookie) => cookie.split(";", 1)[0]).join("; ");
}

/** Pushes one builder and tells the product by the hook; answers its only job's run once that has begun. */
async function pushAndRun(run: string, artifacts: string[] = []): Promise<{ runId: number }> {
  const builder = { name: "build", platform: "linux", kind: "build", pool: NAMES.pool, artifacts };
  const config = { version: 1, builders: [{ ...builder, steps: [{ name: "run", run }] }] };
  const { ref, before, after } = site.repository.push({ ".selfserve.yml": JSON.stringify(config) });
  const body = JSON.stringify({ repository: NAMES.repository, ref, before, after, pusher: "dev" });
  const headers = { ...hook, ...SPOOF, "content-type": "application/json" };
  const { pushIds } = (await site.client.json(api("/pushes"), { method: "POST", headers, body })) as ReceivePushReply;
  const [pushId] = pushIds;
  let runId: number | undefined;
  await expect
    .poll(
      async () => {
        const push = (await site.client.json(api(`/pushes/${pushId}`), { headers: user })) as PushDetail;
        runId = push.jobs[0]?.runId ?? undefined;
        return runId;
      },
      { timeout: 30_000, interval: 100 },
    )
    .toBeGreaterThan(0);
  return { runId: runId ?? 0 };
}

const getRun = async (runId: number) => (await site.client.json(api(`/runs/${runId}`), { headers: user })) as Run;

describe("production behind nginx", () => {
  it("signs people in over TLS with cookies of this host alone, and knows where they come from", async () => {
    const cookies = await signIn("admin");
    const session = cookies.find((cookie) => cookie.startsWith("__Host-self-serve.session="));
    expect(session).toMatch(/; Path=\/; .*HttpOnly; Secure; SameSite=Lax/);
    const page = await site.client.ask(`${site.baseUrl}/branches`, { headers: { cookie: cookieHeader(cookies) } });
    expect(page.status).toBe(200);
    expect(page.bytes.includes("Account of admin")).toBe(true);
    expect(page.headers["strict-transport-security"]).toBe("max-age=31536000");
    const [{ ip } = {}] = await sql.rows<{ ip: string }>("SELECT ip FROM sessions");
    expect(ip).toBe(site.client.address);

    const { id } = await sql.one<{ id: number }>("SELECT id FROM users WHERE login = 'admin'");
    const mint = (kind: "user" | "hook", userId: number | null, scopes: ("read" | "pushes:write")[]) =>
      mintToken(sql, { kind, userId, name: kind, scopes, expiresInDays: 1 });
    user = { authorization: `Bearer ${(await mint("user", id, ["read"])).secret}` };
    hook = { authorization: `Bearer ${(await mint("hook", null, ["pushes:write"])).secret}` };
    expect(await site.client.json(api("/me"), { headers: user })).toMatchObject({ login: "admin" });
  });

  it("sends plain http to https", async () => {
    const answer = await fetch(`${site.plainUrl}/pushes?owner=me`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([301, `${site.baseUrl}/pushes?owner=me`]);
  });

  it("tells of a job's output while it runs, and shows its artifact on the other host", async () => {
    let heard = "";
    const end = await site.client.follow(api("/events"), user, (text) => {
      heard += text;
    });
    const { runId } = await pushAndRun("echo first; seq 200000 > out.txt; sleep 4; echo last", ["out.txt"]);
    await expect.poll(() => heard, { timeout: 20_000, interval: 20 }).toContain(`"runId":${runId},"lines":`);
    await expect
      .poll(async () => ((await site.client.json(api(`/runs/${runId}/log`), { headers: user })) as LogPart).lines)
      .toContain("first");
    expect((await getRun(runId)).result).toBeNull(); // it sleeps: what was heard was held up by nobody
    await expect.poll(async () => (await getRun(runId)).result, { timeout: 30_000 }).toBe("success");
    end();

    const [artifact] = (await getRun(runId)).artifacts;
    const moved = await site.client.ask(api(`/artifacts/${artifact?.id}`), { headers: user });
    const address = moved.headers.location ?? "";
    expect([moved.status, new URL(address).origin]).toEqual([302, site.artifactOrigin]);
    const content = await site.client.ask(address);
    expect(content.status).toBe(200);
    expect(content.headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(content.headers["content-disposition"]).toContain("attachment");
    expect(content.headers).not.toHaveProperty("set-cookie");
    expect(createHash("sha256").update(content.bytes).digest("hex")).toBe(artifact?.sha256);
    const [push] = await sql.rows<{ ip: string }>(
      "SELECT from_ip AS ip FROM audit_entries WHERE action = 'push.record' AND from_ip IS NOT NULL",
    );
    expect(push?.ip).toBe(site.client.address);
  });

  it("loses nothing and shows no error while its web processes are restarted one after the other", async () => {
    const { runId } = await pushAndRun("for i in $(seq 100); do echo line $i; sleep 0.1; done");
    const over = new AbortController();
    const statuses = new Map<number, number>();
    const visitor = (async () => {
      while (!over.signal.aborted) {
        const { status } = await site.client.ask(`${site.baseUrl}/login`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    })();
    await site.restartWeb(0);
    await site.restartWeb(1);
    over.abort();
    await visitor;
    expect([...statuses.keys()]).toEqual([200]);
    await expect.poll(async () => (await getRun(runId)).result, { timeout: 60_000 }).toBe("success");
    const { lines } = (await site.client.json(api(`/runs/${runId}/log`), { headers: user })) as LogPart;
    expect(lines.filter((line) => line.startsWith("line "))).toEqual(
      Array.from({ length: 100 }, (_, index) => `line ${index + 1}`),
    );
    const runs = await sql.rows("SELECT id FROM runs WHERE state = 'lost'");
    expect(runs).toEqual([]);
  });
});
