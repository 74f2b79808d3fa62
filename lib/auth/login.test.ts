import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedis, redisReady } from "../redis/open-redis.ts";
import { type FreshRedis, freshRedis } from "../testing/fresh-redis.ts";
import { openRecordingProxy } from "../testing/recording-proxy.ts";
import { testServices } from "../testing/test-services.ts";
import { Directory } from "./directory.ts";
import { login } from "./login.ts";
import { LoginLimits } from "./login-limits.ts";

let server: FreshRedis;
let redis: ReturnType<typeof openRedis>;
let used = 0;

beforeAll(async () => {
  server = await freshRedis();
  redis = openRedis(server.url, "request");
  await redisReady(redis);
});
afterAll(async () => {
  redis.disconnect();
  await server.drop();
});

function directory(url = testServices().ldap.url): Directory {
  const { bindDn, bindPassword, userBase, groupBase } = testServices().ldap;
  return new Directory({ urls: [url], bindDn, bindPassword, userBase, groupBase });
}

function limits(part: { perUser?: number; perAddress?: number } = {}, through = redis): LoginLimits {
  const options = { perUser: 3, perAddress: 10, windowSeconds: 60, prefix: `test${used++}`, ...part };
  return new LoginLimits(through, options);
}

const tools = (of = limits(), from = directory(), refusalMs = 0) => ({ directory: from, limits: of, refusalMs });
const wrong = { ok: false, fault: "wrong" };

describe("a login", () => {
  it("is right or wrong, and wrong in one way only", async () => {
    const all = tools(limits({ perUser: 1_000, perAddress: 1_000 }));
    expect(await login(all, { login: "dev", password: "dev", ip: "192.0.2.1" })).toMatchObject({
      ok: true,
      user: { login: "dev" },
    });
    const refused = [
      ["dev", "wrong"],
      ["nobody", "dev"],
      ["dev", ""],
      ["", "dev"],
      ["*", "dev"],
      ["dev", "a".repeat(300)],
      [undefined, undefined],
      [{ $gt: "" }, ["dev"]],
      ["EXTERNAL", ""],
    ];
    for (const [name, password] of refused) {
      expect(await login(all, { login: name, password, ip: "192.0.2.1" })).toEqual(wrong);
    }
  });

  it("is refused no sooner for an unknown name or a malformed one than for a wrong password", async () => {
    const refusalMs = 150; // more than the directory takes, so that this is what everybody sees
    const all = tools(limits({ perUser: 1_000, perAddress: 1_000 }), directory(), refusalMs);
    for (const [name, password] of [
      ["nobody", "wrong"],
      ["dev", "wrong"],
      ["*", "wrong"],
      ["dev", ""],
    ]) {
      const startedAt = performance.now();
      expect(await login(all, { login: name, password, ip: "192.0.2.1" })).toEqual(wrong);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(refusalMs - 2); // timers count whole milliseconds
    }
  });

  it("is never wrong when the directory is away, and costs no attempt then", async () => {
    const away = tools(limits({ perUser: 2 }), directory("ldap://127.0.0.1:1"));
    for (let count = 0; count < 5; count++) {
      expect(await login(away, { login: "dev", password: "dev", ip: "192.0.2.1" })).toEqual({
        ok: false,
        fault: "unavailable",
      });
    }
  });
});

describe("limits", () => {
  it("stop guessing one name from one address, and nobody else", async () => {
    const all = tools();
    const attempt = (name: string, password: string, ip = "192.0.2.1") => login(all, { login: name, password, ip });
    for (let count = 0; count < 3; count++) expect(await attempt("dev", "wrong")).toEqual(wrong);
    const limited = { ok: false, fault: "limited", retryAfterSeconds: expect.any(Number) };
    expect(await attempt("dev", "dev")).toEqual(limited);
    expect(await attempt("DEV", "dev")).toEqual(limited);
    expect(await attempt("dev", "dev", "192.0.2.2")).toMatchObject({ ok: true });
    expect(await attempt("dana", "dana")).toMatchObject({ ok: true });
  });

  it("stop guessing many names from one address", async () => {
    const all = tools(limits({ perAddress: 4 }));
    const attempt = (name: string) => login(all, { login: name, password: "wrong", ip: "192.0.2.1" });
    for (let count = 0; count < 4; count++) expect(await attempt(`name-${count}`)).toEqual(wrong);
    expect(await attempt("name-5")).toMatchObject({ fault: "limited" });
  });

  it("do not count logins that succeed", async () => {
    const all = tools(limits({ perUser: 2, perAddress: 2 }));
    for (let count = 0; count < 6; count++) {
      expect(await login(all, { login: "dev", password: "dev", ip: "192.0.2.1" })).toMatchObject({ ok: true });
    }
  });

  it("are the same for all processes, and hold while Redis is away", async () => {
    const dead = await openRecordingProxy();
    const away = openRedis(`redis://127.0.0.1:${dead.port}`, "request");
    await dead.close();
    const alone = tools(limits({ perUser: 2 }, away));
    const attempt = () => login(alone, { login: "dev", password: "wrong", ip: "192.0.2.1" });
    expect([await attempt(), await attempt(), (await attempt()).ok]).toEqual([wrong, wrong, false]);
    expect(await attempt()).toMatchObject({ fault: "limited" });
    away.disconnect();

    const [one, other] = [limits({ perUser: 1 }), limits({ perUser: 1 })];
    expect(await one.take("dev", "192.0.2.1")).toBeNull();
    expect(await other.take("dev", "192.0.2.1")).toBeNull(); // another prefix is another deployment
    const same = new LoginLimits(redis, { perUser: 1, perAddress: 9, windowSeconds: 60, prefix: `test${used - 1}` });
    expect(await same.take("dev", "192.0.2.1")).toBeGreaterThan(0);
  });
});
