import { type APIRequestContext, expect, test } from "@playwright/test";
import { uniqueName } from "../../lib/testing/rows.ts";
import { addUser } from "../fixtures/directory.ts";
import { expectRefusal } from "../fixtures/expect-refusal.ts";
import { anonymous, postLogin, signedIn } from "../fixtures/sign-in.ts";
import { world } from "../fixtures/world.ts";

let http: APIRequestContext;

test.beforeEach(async () => {
  http = await anonymous();
});
test.afterEach(() => http.dispose());

const faultOf = (body: { url: string }) => new URL(body.url).searchParams.get("error");
const sessionOf = async (context: APIRequestContext) =>
  (await context.storageState()).cookies.find(({ name }) => name === "self-serve.session");

test("a person who was just added signs in, and is themselves", async () => {
  const login = uniqueName("new");
  await addUser(login, ["developers"]);
  const person = await signedIn(login);
  expect(await (await person.get("/api/v1/me")).json()).toMatchObject({ login, roles: ["developer"] });
  expect(await sessionOf(person)).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  await person.dispose();
});

test("a wrong password, an unknown name and no password are told alike", async () => {
  const login = uniqueName("guess");
  await addUser(login, []);
  const bodies = new Set<string>();
  for (const [name, password] of [
    [login, "wrong"],
    [uniqueName("nobody"), "wrong"],
    [login, ""],
    [uniqueName("x)(uid=*"), "x"],
    ["EXTERNAL", "x"],
  ] as const) {
    const response = await postLogin(http, name, password);
    expect(response.status()).toBe(401);
    bodies.add(await response.text());
    expect(await sessionOf(http)).toBeUndefined();
  }
  expect(bodies.size).toBe(1);
  expect(faultOf(JSON.parse([...bodies][0] ?? ""))).toBe("wrong");
});

test("guessing is slowed down, and told so", async () => {
  const login = uniqueName("target");
  await addUser(login, []);
  const faults: (string | null)[] = [];
  for (let count = 0; count < 9; count++) faults.push(faultOf(await (await postLogin(http, login, "wrong")).json()));
  expect(faults).toEqual([...Array<string>(8).fill("wrong"), "limited"]);
  expect(faultOf(await (await postLogin(http, login, login)).json())).toBe("limited");
});

test("signing in needs the page's own token, and comes from no other site", async () => {
  const form = { login: "dev", password: "dev", json: "true", csrfToken: "0".repeat(64) };
  await http.post("/api/auth/callback/ldap", { form });
  expect(await sessionOf(http)).toBeUndefined();
  const headers = { "sec-fetch-site": "cross-site" };
  await expectRefusal(await http.post("/api/auth/callback/ldap", { form, headers }), 403);
  await expectRefusal(
    await http.post("/api/auth/callback/ldap", {
      data: Buffer.from('{"login":'),
      headers: { "content-type": "application/json" },
    }),
    422,
  );
  await expectRefusal(
    await http.post("/api/auth/callback/ldap", { form: { ...form, login: "x".repeat(20_000) } }),
    413,
  );
});

test("what a client says about its session changes nothing", async () => {
  const person = await signedIn("dana");
  const { csrfToken } = await (await person.get("/api/auth/csrf")).json();
  const data = { csrfToken, data: { sid: "x", user: { login: "admin" }, roles: ["admin"] } };
  await person.post("/api/auth/session", { data });
  expect(await (await person.get("/api/v1/me")).json()).toMatchObject({ login: "dana", roles: ["developer"] });
  await person.dispose();
});

test("signing out ends the session for copies of its cookie, too", async () => {
  const person = await signedIn("dana");
  const cookie = await sessionOf(person);
  const headers = { cookie: `self-serve.session=${cookie?.value}` };
  expect((await http.get("/api/v1/me", { headers })).status()).toBe(200);
  const { csrfToken } = await (await person.get("/api/auth/csrf")).json();
  await person.post("/api/auth/signout", { form: { csrfToken, json: "true" } });
  await expectRefusal(await http.get("/api/v1/me", { headers }), 401);
  expect(await (await http.get("/api/auth/session", { headers })).json()).toEqual({});
  await person.dispose();
});

test("after signing in nobody is sent to another site", async () => {
  const person = await anonymous();
  const { csrfToken } = await (await person.get("/api/auth/csrf")).json();
  for (const callbackUrl of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "https://[",
    "\t//evil.example",
  ]) {
    const form = { csrfToken, login: "dana", password: "dana", json: "true", callbackUrl };
    const { url } = await (await person.post("/api/auth/callback/ldap", { form })).json();
    expect(new URL(url).origin).toBe(world.baseUrl);
    const page = await person.get(`/login?callbackUrl=${encodeURIComponent(callbackUrl)}`, { maxRedirects: 0 });
    expect(new URL(page.headers().location ?? "/", world.baseUrl).origin).toBe(world.baseUrl);
  }
  await person.dispose();
});

test("a page asks to sign in and remembers where it was", async () => {
  const response = await http.get("/pushes?branch=x", { maxRedirects: 0 });
  expect(response.status()).toBe(307);
  expect(response.headers().location).toBe("/login?callbackUrl=%2Fpushes%3Fbranch%3Dx");
});
