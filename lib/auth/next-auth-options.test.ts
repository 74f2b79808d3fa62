import { describe, expect, it } from "vitest";
import { type NextAuthTools, nextAuthOptions } from "./next-auth-options.ts";
import { readSessionCookie } from "./session-cookie.ts";

const SESSION = "s".repeat(43);
const reported: string[] = [];
const ended: string[] = [];

function options(part: Partial<NextAuthTools> = {}) {
  return nextAuthOptions({
    secure: false,
    secrets: ["the secret of today, long enough"],
    baseUrl: "http://127.0.0.1:3000",
    signIn: async () => ({ sessionId: SESSION }),
    whoIs: async (sessionId) => (sessionId === SESSION ? { name: "Devin Dev" } : null),
    signOut: async (sessionId) => void ended.push(sessionId),
    report: (error) => reported.push(String(error)),
    ...part,
  });
}

type Jwt = NonNullable<NonNullable<ReturnType<typeof options>["callbacks"]>["jwt"]>;
const jwt = (input: unknown) => options().callbacks?.jwt?.(input as Parameters<Jwt>[0]);

function authorize(part: Partial<NextAuthTools>) {
  const [provider] = options(part).providers;
  const settings = provider?.options as { authorize(credentials: unknown, request: unknown): Promise<unknown> };
  return settings.authorize({ login: "dev", password: "dev" }, {});
}

describe("the token in the cookie", () => {
  it("holds the session id and nothing of what a client or the directory says", async () => {
    expect(await jwt({ token: { name: "x", email: "y", sub: "z" }, user: { id: SESSION, role: "admin" } })).toEqual({
      sid: SESSION,
    });
    const update = {
      token: { sid: SESSION },
      trigger: "update",
      session: { sid: "other", roles: ["admin"], user: { id: 1 } },
    };
    expect(await jwt(update)).toEqual({ sid: SESSION });
  });

  it("is not renewed when its session has ended", async () => {
    await expect(jwt({ token: { sid: "t".repeat(43) } })).rejects.toThrow("This session has ended.");
    await expect(jwt({ token: {} })).rejects.toThrow("This session has ended.");
    await expect(jwt({ token: { sid: ["x"] } })).rejects.toThrow("This session has ended.");
  });

  it("is encrypted with the current secret and only names the session", async () => {
    const { jwt, secret = "" } = options();
    const value = await jwt?.encode?.({ token: { sid: SESSION, name: "leak", roles: ["admin"] }, secret });
    expect(await jwt?.decode?.({ token: value ?? "", secret })).toEqual({
      sid: SESSION,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
    });
    expect(await readSessionCookie(value ?? "", { secure: false, secrets: [secret] })).toBe(SESSION);
    expect((value ?? "").length).toBeLessThan(4_096);
  });
});

describe("signing in", () => {
  it("tells faults by fixed words, whatever went wrong inside", async () => {
    await expect(authorize({ signIn: async () => ({ fault: "wrong" }) })).rejects.toThrow(/^wrong$/);
    const broken = async () => Promise.reject(new Error("postgres://user:password@host is away"));
    await expect(authorize({ signIn: broken })).rejects.toThrow(/^unavailable$/);
    expect(reported.join()).toContain("is away");
  });

  it("gives the session's id on, as the user", async () => {
    expect(await authorize({})).toEqual({ id: SESSION });
  });
});

it("names its cookies by how people come", () => {
  const cookie = (secure: boolean) => options({ secure }).cookies?.sessionToken;
  expect(cookie(true)).toEqual({
    name: "__Host-self-serve.session",
    options: { httpOnly: true, sameSite: "lax", path: "/", secure: true },
  });
  expect(cookie(false)).toEqual({
    name: "self-serve.session",
    options: { httpOnly: true, sameSite: "lax", path: "/", secure: false },
  });
});

it("stays on its own site after signing in and out", async () => {
  const redirect = options().callbacks?.redirect;
  const baseUrl = "http://127.0.0.1:3000";
  expect(await redirect?.({ url: "/jobs/1", baseUrl })).toBe(`${baseUrl}/jobs/1`);
  expect(await redirect?.({ url: "https://evil.example/", baseUrl })).toBe(`${baseUrl}/`);
  expect(await redirect?.({ url: "https://[", baseUrl })).toBe(`${baseUrl}/`);
});

it("ends the session when somebody signs out", async () => {
  await options().events?.signOut?.({ token: { sid: SESSION }, session: { expires: "" } });
  expect(ended).toEqual([SESSION]);
});
