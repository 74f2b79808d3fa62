import { type APIRequestContext, expect, test } from "@playwright/test";
import { Problem } from "../../lib/contracts/problem.ts";
import { type ApiRows, makeApiRows } from "../fixtures/api-rows.ts";
import { type ActionAnswer, actionIds, answerOf, postAction } from "../fixtures/call-action.ts";
import { anonymous, signedIn } from "../fixtures/sign-in.ts";

// Every server action, called past its page.

/** For each action an input that the right person may send. */
const INPUTS: Record<string, (rows: ApiRows) => object> = {
  cancelJobsAction: ({ jobId }) => ({ jobIds: [jobId] }),
  retriggerJobsAction: ({ jobId }) => ({ jobIds: [jobId], count: 1 }),
  reprioritizeJobsAction: ({ jobId }) => ({ jobIds: [jobId], priority: 1 }),
  splitJobAction: ({ jobId }) => ({ jobId }),
  undoCommandAction: ({ commandId }) => ({ commandId }),
  pausePoolAction: ({ pool }) => ({ pool, note: "x" }),
  resumePoolAction: ({ pool }) => ({ pool }),
  closeBranchAction: ({ branch }) => ({ branch, reason: "x" }),
  openBranchAction: ({ branch }) => ({ branch }),
  quarantineWorkerAction: ({ worker }) => ({ worker, reason: "x", minutes: 5 }),
  drainWorkerAction: ({ worker }) => ({ worker, reason: "x" }),
  disableWorkerAction: ({ worker }) => ({ worker, reason: "x" }),
  releaseWorkerAction: ({ worker }) => ({ worker }),
  probeWorkerAction: ({ worker, jobId }) => ({ worker, jobId }),
  createTokenAction: () => ({ name: "x", scopes: ["read"], expiresInDays: 1 }),
  revokeTokenAction: () => ({ tokenId: 999_999_999 }),
};
const names = Object.keys(INPUTS);
const idOf = (name: string) => actionIds().get(name) ?? "";

let rows: ApiRows;
let nobody: APIRequestContext;
let dana: APIRequestContext;

test.beforeAll(async () => {
  rows = await makeApiRows();
  [nobody, dana] = await Promise.all([anonymous(), signedIn("dana")]);
});
test.afterAll(async () => {
  await Promise.all([rows.close(), nobody.dispose(), dana.dispose()]);
});

async function call(by: APIRequestContext, name: string, args: unknown, headers = {}): Promise<ActionAnswer> {
  return answerOf(await postAction(by, idOf(name), args, headers));
}

async function problemOf(by: APIRequestContext, name: string, args: unknown, headers = {}): Promise<Problem> {
  const answer = await call(by, name, args, headers);
  if (answer.ok) throw new Error(`${name} was done: ${JSON.stringify(answer.data)}`);
  expect(JSON.stringify(answer.problem)).not.toMatch(/postgres|prisma|select |node_modules/i);
  return Problem.parse(answer.problem);
}

test("there are no other actions than those tested here", () => {
  expect([...actionIds().keys()].sort()).toEqual([...names].sort());
});

for (const name of names) {
  test.describe(name, () => {
    test("asks who it is", async () => {
      const input = INPUTS[name]?.(rows);
      expect(await problemOf(nobody, name, [input])).toMatchObject({ status: 401, code: "unauthenticated" });
      const { secret } = await rows.token("dev", ["read", "jobs:write"]);
      const withToken = { authorization: `Bearer ${secret}` };
      expect(await problemOf(nobody, name, [input], withToken)).toMatchObject({ code: "unauthenticated" });
      for (const cookie of ["self-serve.session=x", "self-serve.session=", "__Host-self-serve.session=x"]) {
        expect(await problemOf(nobody, name, [input], { cookie })).toMatchObject({ code: "unauthenticated" });
      }
    });

    test("knows no session that has ended, whose cookie was copied before", async () => {
      const person = await signedIn("dana");
      const { cookies } = await person.storageState();
      const cookie = cookies.map((one) => `${one.name}=${one.value}`).join("; ");
      const { csrfToken } = await (await person.get("/api/auth/csrf")).json();
      await person.post("/api/auth/signout", { form: { csrfToken, json: "true" } });
      expect(await problemOf(nobody, name, [INPUTS[name]?.(rows)], { cookie })).toMatchObject({
        code: "unauthenticated",
      });
      await person.dispose();
    });

    test("takes nothing but its input", async () => {
      const sound = INPUTS[name]?.(rows) ?? {};
      const wrong = [
        null,
        1,
        "x",
        [],
        {},
        { ...sound, role: "admin" },
        { ...sound, jobIds: [0], jobId: 0, tokenId: 0, commandId: 0, name: "", pool: "", branch: "", worker: "" },
      ];
      for (const input of wrong)
        expect(await problemOf(dana, name, [input])).toMatchObject({ status: 422, code: "invalid" });
      expect(await problemOf(dana, name, [])).toMatchObject({ code: "invalid" });
    });

    test("does nothing for another site", async () => {
      for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) {
        const response = await postAction(dana, idOf(name), [INPUTS[name]?.(rows)], { origin });
        expect(response.status()).toBeGreaterThanOrEqual(400);
        expect(await response.text()).not.toContain('"ok":true');
      }
    });
  });
}

test("an unknown action is refused at once", async () => {
  const startedAt = performance.now();
  for (const id of ["0".repeat(42), "x", `${idOf("cancelJobsAction")}00`, "../../x"]) {
    const response = await postAction(dana, id, []);
    expect(response.status()).toBeGreaterThanOrEqual(400);
  }
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test("an action's arguments are not a way to break it", async () => {
  for (const body of [
    "",
    "{",
    '["$F1"]',
    '["$@1"]',
    '["$K1"]',
    '["$undefined"]',
    '[{"__proto__":{"jobIds":[1]}}]',
    "x".repeat(10_000),
  ]) {
    const response = await postAction(dana, idOf("cancelJobsAction"), body);
    expect(await response.text()).not.toContain('"ok":true');
  }
  expect((await dana.get("/healthz")).ok()).toBe(true);
});

test("another developer's job is refused with the reason, as an outcome of that job", async () => {
  for (const name of ["cancelJobsAction", "retriggerJobsAction", "reprioritizeJobsAction"]) {
    const answer = await call(dana, name, [INPUTS[name]?.(rows)]);
    expect(answer).toMatchObject({
      ok: true,
      data: {
        items: [{ outcome: "refused", code: "forbidden", message: expect.stringContaining("dev owns the push") }],
      },
    });
  }
  const job = await rows.sql.one("SELECT state, priority FROM jobs WHERE id = $1", [rows.jobId]);
  expect(job).toEqual({ state: "queued", priority: 0 });
});

test("a developer takes nothing out of service, and splits and takes back nothing of others", async () => {
  for (const name of names.filter((one) => /Pool|Branch|Worker|splitJob|undoCommand/.test(one))) {
    expect([name, await problemOf(dana, name, [INPUTS[name]?.(rows)])]).toEqual([
      name,
      expect.objectContaining({ status: 403, code: "forbidden" }),
    ]);
  }
});

test("a token for a hook is for admins, and other people's tokens are not there", async () => {
  const hook = { name: "hook", scopes: ["pushes:write"], expiresInDays: 1 };
  expect(await problemOf(dana, "createTokenAction", [hook])).toMatchObject({ code: "forbidden" });
  for (const days of [0, 366, 1.5]) {
    const input = { name: "x", scopes: ["read"], expiresInDays: days };
    expect(await problemOf(dana, "createTokenAction", [input])).toMatchObject({ code: "invalid" });
  }
  const { id } = await rows.token("dev", ["read"]);
  expect(await problemOf(dana, "revokeTokenAction", [{ tokenId: id }])).toMatchObject({ code: "not_found" });
  const admin = await signedIn("admin");
  expect(await call(admin, "createTokenAction", [hook])).toMatchObject({
    ok: true,
    data: { scopes: ["pushes:write"] },
  });
  expect(await call(admin, "revokeTokenAction", [{ tokenId: id }])).toMatchObject({ ok: true });
  await admin.dispose();
});
