import { rmSync } from "node:fs";

import type { AddressInfo } from "node:net";
import { afterAll, expect, it } from "vitest";
import { openGateway } from "../gateway/gateway.ts";
import { closeServer } from "../server.ts";
import { testContext } from "../testing/context.ts";
import { makeFarm } from "../testing/farm.ts";
import { sha256 } from "../testing/gateway-harness.ts";
import { openTcpProxy } from "../testing/tcp-proxy.ts";
import { makeTemporaryFolder } from "../testing/temporary-folder.ts";
import { testServices } from "../testing/test-services.ts";
import { gatewayDoors } from "./gateway-doors.ts";
import { createWebServer } from "./web-server.ts";

const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** A process's gateway over links to its stores that can be cut; both are cut when it starts. */
async function startWithoutStores() {
  const test = await testContext();
  const [database, redis] = [await openTcpProxy(test.databaseUrl), await openTcpProxy(test.redisUrl)];
  database.mode("refuse");
  redis.mode("refuse");
  const dataDir = makeTemporaryFolder("web");
  const { ldap } = testServices();
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LDAP_URL: ldap.url,
    LDAP_BIND_DN: ldap.bindDn,
    LDAP_BIND_PASSWORD: ldap.bindPassword,
    LDAP_USER_BASE: ldap.userBase,
    LDAP_GROUP_BASE: ldap.groupBase,
    NEXTAUTH_SECRET: "a secret for tests, long enough for them",
    DATA_DIR: dataDir,
    BASE_URL: "https://pages.test",
    ARTIFACT_ORIGIN: "https://content.test",
    NODE_ENV: "test",
  });
  const gateway = openGateway(gatewayDoors());
  const http = createWebServer({
    gateway: gateway.handle,
    pages: async (_, response) => void response.end("page"),
    https: false,
    report: () => undefined,
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  ends.push(
    () => rmSync(dataDir, { recursive: true, force: true }),
    () => test.drop(),
    () => Promise.all([database.close(), redis.close()]),
    () => closeServer(),
    () => http.close(),
    () => http.closeAllConnections(),
    () => gateway.close(),
  );
  const { port } = http.address() as AddressInfo;
  const post = (path: string, bearer: string, body: object) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { test, database, redis, post, port };
}

it("starts without PostgreSQL and Redis, says so, and works as each comes back", async () => {
  const { test, database, redis, post, port } = await startWithoutStores();
  const farm = await makeFarm(test);
  await test.sql.count("UPDATE pools SET token_hash = $2 WHERE id = $1", [farm.poolId, sha256("token")]);
  await farm.submit();
  const worker = {
    worker: "w",
    bootId: crypto.randomUUID(),
    slots: 1,
    pools: [farm.pool],
    platform: "p",
    version: "1",
  };
  const register = () => post("/worker/v1/register", "token", worker);

  const away = await register();
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "2"]);
  expect((await away.json()).code).toBe("unavailable");
  const events = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
    headers: { authorization: "Bearer ss_user_x" },
  });
  expect([401, 503]).toContain(events.status);

  database.mode("pass");
  await expect.poll(async () => (await register()).status).toBe(200);
  const { session } = await (await register()).json();
  const claim = { claimId: crypto.randomUUID(), slot: 0, pools: [farm.pool], waitSeconds: 0 };
  const { work } = await (await post("/worker/v1/claim", session, claim)).json(); // Redis is still away
  expect(work.builder).toBe("linux64 opt build");

  database.mode("refuse");
  expect((await post("/worker/v1/heartbeat", session, { runIds: [work.runId], waitSeconds: 0 })).status).toBe(503);
  database.mode("pass");
  redis.mode("pass");
  const beat = async () =>
    (await post("/worker/v1/heartbeat", session, { runIds: [work.runId], waitSeconds: 0 })).status;
  await expect.poll(beat).toBe(200);
});
