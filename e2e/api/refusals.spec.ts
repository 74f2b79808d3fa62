import { type APIRequestContext, type APIResponse, expect, test } from "@playwright/test";
import { newToken } from "../../lib/auth/token-format.ts";
import type { Endpoint } from "../../lib/contracts/endpoint.ts";
import { ENDPOINTS } from "../../lib/contracts/endpoints.ts";
import { type ApiRows, makeApiRows } from "../fixtures/api-rows.ts";
import { expectRefusal } from "../fixtures/expect-refusal.ts";
import { anonymous, signedIn } from "../fixtures/sign-in.ts";
import { SAMPLES } from "./samples.ts";

// Every endpoint of the table, and every way in which it has to say no.

const endpoints = Object.entries<Endpoint>(ENDPOINTS) as [keyof typeof ENDPOINTS, Endpoint][];
let rows: ApiRows;
let http: APIRequestContext;
let cookies: APIRequestContext;

test.beforeAll(async () => {
  rows = await makeApiRows();
  http = await anonymous();
  cookies = await signedIn("dev");
});
test.afterAll(async () => {
  await Promise.all([rows.close(), http.dispose(), cookies.dispose()]);
});

interface Asked {
  by?: APIRequestContext;
  token?: string;
  path?: string;
  data?: unknown;
  headers?: Record<string, string>;
}

function ask(name: keyof typeof ENDPOINTS, asked: Asked = {}): Promise<APIResponse> {
  const { method } = ENDPOINTS[name];
  const sample = SAMPLES[name](rows);
  const data = "data" in asked ? asked.data : sample.body;
  return (asked.by ?? http).fetch(`/api/v1${asked.path ?? sample.path}`, {
    method,
    maxRedirects: 0,
    headers: { ...(asked.token !== undefined && { authorization: `Bearer ${asked.token}` }), ...asked.headers },
    ...(data !== undefined && { data }),
  });
}

for (const [name, endpoint] of endpoints) {
  const writes = endpoint.method !== "GET";

  test.describe(`${endpoint.method} ${endpoint.path}`, () => {
    test("asks who it is", async () => {
      expect((await expectRefusal(await ask(name), 401)).code).toBe("unauthenticated");
      const garbage = ["", "x", newToken("user").secret, newToken("hook").secret, "null", "undefined", "' OR 1=1 --"];
      for (const token of garbage) await expectRefusal(await ask(name, { token }), 401);
      for (const authorization of ["Basic ZGV2OmRldg==", "Bearer", "Digest x", "Bearer %00"]) {
        await expectRefusal(await ask(name, { headers: { authorization } }), 401);
      }
    });

    test("takes no token that has ended, and says nothing of why", async () => {
      const scopes = endpoint.scope ? [endpoint.scope] : (["read"] as const);
      const details = new Set<string>();
      for (const end of [
        "expires_at = clock_timestamp() - interval '1 second'",
        "revoked_at = clock_timestamp()",
        "hash = repeat('0', 64)",
      ]) {
        const { id, secret } = await rows.token("dev", [...scopes]);
        await rows.sql.count(`UPDATE api_tokens SET ${end} WHERE id = $1`, [id]);
        details.add((await expectRefusal(await ask(name, { token: secret }), 401)).detail);
      }
      expect(details.size).toBe(1);
    });

    test("takes no session cookie for a bearer token", async () => {
      const { cookies: kept } = await cookies.storageState();
      const value = kept.find((cookie) => cookie.name === "self-serve.session")?.value ?? "";
      expect(value.length).toBeGreaterThan(50);
      await expectRefusal(await ask(name, { token: value }), 401);
    });

    if (endpoint.scope) {
      test("takes no token without its scope", async () => {
        const others = (["read", "jobs:write"] as const).filter((scope) => scope !== endpoint.scope);
        for (const scope of others) {
          const { secret } = await rows.token("dev", [scope]);
          const problem = await expectRefusal(await ask(name, { token: secret }), 403);
          expect(problem.detail).toContain(endpoint.scope);
        }
        if (endpoint.scope !== "pushes:write") {
          await expectRefusal(await ask(name, { token: (await rows.hookToken()).secret }), 403);
        }
      });
    }

    if (writes) {
      test("changes nothing for a cookie alone, from wherever the request comes", async () => {
        await expectRefusal(await ask(name, { by: cookies }), 401);
        await expectRefusal(await ask(name, { by: cookies, headers: { origin: "https://evil.example" } }), 401);
      });
    } else {
      test("forgets the cookie when there is a token, and has no other query than its own", async () => {
        await expectRefusal(await ask(name, { by: cookies, token: "x" }), 401);
        const path = `${SAMPLES[name](rows).path}?surprise=1`;
        await expectRefusal(await ask(name, { by: cookies, path }), 422);
        if (endpoint.query) {
          const own = SAMPLES[name](rows).path;
          for (const query of ["limit=0", "limit=-1", "limit=1e9", "limit=x", "limit=1&limit=2"]) {
            await expectRefusal(await ask(name, { by: cookies, path: `${own}?${query}` }), 422);
          }
        }
      });
    }
  });
}
