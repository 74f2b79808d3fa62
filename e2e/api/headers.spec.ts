import { type APIRequestContext, expect, test } from "@playwright/test";
import { anonymous, signedIn } from "../fixtures/sign-in.ts";
import { world } from "../fixtures/world.ts";

const PAGES = [
  "/login",
  "/",
  "/pushes",
  "/branches",
  "/queues",
  "/workers",
  "/tokens",
  "/nothing-here",
  "/jobs/999999999",
];
/** What every page of the console shows to whom it knows. */
const SHOWN = /Account of|Make a token/;
let nobody: APIRequestContext;
let dev: APIRequestContext;

test.beforeAll(async () => {
  [nobody, dev] = await Promise.all([anonymous(), signedIn("dev")]);
});
test.afterAll(() => Promise.all([nobody.dispose(), dev.dispose()]));

test("every page has a policy with a nonce of its own, which its scripts carry", async () => {
  const nonces = new Set<string>();
  for (const page of PAGES) {
    const response = await dev.get(page);
    const policy = response.headers()["content-security-policy"] ?? "";
    const nonce = /'nonce-([0-9a-f]{32})'/.exec(policy)?.[1] ?? "";
    nonces.add(nonce);
    for (const part of [
      "object-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
      "default-src 'self'",
    ]) {
      expect([page, policy]).toEqual([page, expect.stringContaining(part)]);
    }
    expect(/script-src ([^;]*)/.exec(policy)?.[1]).not.toMatch(/unsafe/);
    const scripts = (await response.text()).match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
  }
  expect(nonces.size).toBe(PAGES.length);
});

test("pages and answers are kept by nobody, framed by nobody and guessed by nobody", async () => {
  for (const by of [nobody, dev]) {
    for (const path of [...PAGES, "/api/v1/me", "/api/v1/nothing", "/api/auth/session", "/healthz"]) {
      const headers = (await by.get(path, { maxRedirects: 0 })).headers();
      expect([path, headers["x-content-type-options"]]).toEqual([path, "nosniff"]);
      expect([path, headers["cache-control"]]).toEqual([path, expect.stringContaining("no-store")]);
      expect([path, headers["referrer-policy"]]).toEqual([path, "same-origin"]);
      expect([path, headers["x-frame-options"]]).toEqual([path, "DENY"]);
      expect([path, headers["cross-origin-opener-policy"]]).toEqual([path, "same-origin"]);
      expect(headers["x-powered-by"]).toBeUndefined();
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  }
});

test("no page shows anything to whom it does not know, by whatever way it is asked for", async () => {
  const ways: Record<string, string>[] = [
    {},
    { rsc: "1" },
    { rsc: "1", "next-router-prefetch": "1" },
    { rsc: "1", "next-router-segment-prefetch": "/_tree" },
    { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
    { "x-middleware-next": "1" },
    { "x-forwarded-host": "evil.example" },
    { "x-nextjs-data": "1" },
    { "x-http-method-override": "GET" },
    { cookie: "self-serve.session=x" },
  ];
  const forms = ["", "?_rsc=1", "?nxtPjobId=1", "/", "//", "/./", "%2f", ".rsc"];
  const protectedPages = PAGES.filter((page) => page !== "/login" && page !== "/nothing-here");
  for (const page of protectedPages) {
    expect([page, SHOWN.test(await (await dev.get(page)).text())]).toEqual([page, true]);
    for (const form of forms) {
      for (const headers of ways) {
        const response = await nobody.get(`${world.baseUrl}${page}${form}`, { headers, maxRedirects: 0 });
        const text = await response.text();
        expect([page, form, headers, SHOWN.test(text)]).toEqual([page, form, headers, false]);
        if (response.status() === 200) expect(text).toMatch(/NEXT_REDIRECT|login|_tree|not-found|"b":|\$Sreact/);
      }
    }
  }
});

test("/ leads to one's own pushes on whatever host it was asked for", async () => {
  for (const headers of [{}, { host: "evil.example" }, { "x-forwarded-host": "evil.example" }]) {
    const response = await dev.get("/", { headers, maxRedirects: 0 });
    expect([response.status(), response.headers().location]).toEqual([307, "/pushes?owner=me"]);
  }
});

test("the image optimizer is not there", async () => {
  const response = await nobody.get("/_next/image?url=%2Ficon.svg&w=64&q=75");
  expect([400, 404]).toContain(response.status());
});

test("health tells which part is ill and nothing else", async () => {
  const response = await nobody.get("/healthz");
  expect(response.status()).toBe(200);
  const health = await response.json();
  const part = { ok: true, ms: expect.any(Number) };
  expect(health).toEqual({ status: "up", postgres: part, redis: part, ldap: part, config: part });
});

test("metrics are for this machine, and tell of queues and the event loop", async () => {
  const text = await (await nobody.get("/metrics")).text();
  for (const name of [
    "nodejs_eventloop_lag_p99_seconds",
    "selfserve_queue_depth",
    "selfserve_queue_oldest_seconds",
    "selfserve_claims_total",
    "selfserve_leases_lost_last_hour",
    "selfserve_pool_paused",
    "selfserve_branches_closed",
    'selfserve_workers{control="quarantined"}',
  ]) {
    expect(text).toContain(name);
  }
  const elsewhere = await nobody.get("/metrics", { headers: { "x-forwarded-for": "192.0.2.1" } });
  expect(elsewhere.status()).toBe(403);
  expect(world.baseUrl).toMatch(/^http:\/\/(127\.0\.0\.1|localhost):/);
});
