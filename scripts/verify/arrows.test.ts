import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../lib/testing/temporary-folder.ts";
import { checkArrows } from "./arrows.ts";
import { cruiseModules } from "./cruise.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");

/** Files that every tree has, so that planted imports lead somewhere. */
const GROUND: Record<string, string> = {
  "lib/contracts/job.ts": "export type JobId = number;\nexport const LIMIT = 1;\n",
  "lib/scheduler/errors.ts": "export class SchedulerError extends Error {}\n",
  "lib/scheduler/context.ts": "export interface SchedulerContext { id: number }\n",
  "lib/scheduler/cancel-jobs.ts": "export const cancelJobs = 1;\n",
  "lib/scheduler/record.ts": "export const record = 1;\n",
  "lib/db/sql.ts": "export const openDatabase = 1;\n",
  "lib/db/to-job.ts": "export const toJob = 1;\n",
  "lib/redis/open-redis.ts": "export const openRedis = 1;\n",
  "lib/auth/ldap.ts": "export const bind = 1;\n",
  "lib/http/route.ts": "export const route = 1;\n",
  "lib/logs/append.ts": "export const append = 1;\n",
  "lib/worker/agent.ts": "export const agent = 1;\n",
  "lib/config/env.ts": "export const env = 1;\n",
  "lib/server.ts": "export const server = 1;\n",
  "lib/testing/rows.ts": "export const insertJob = 1;\n",
  "app/_components/button.tsx": "export const Button = () => <b />;\n",
};

function plant(files: Record<string, string>): string {
  const root = temporaryFolder("arrows");
  symlinkSync(path.join(PROJECT, "node_modules"), path.join(root, "node_modules"));
  for (const [name, text] of Object.entries({ ...GROUND, ...files })) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return root;
}

async function breaks(file: string, imports: string): Promise<string[]> {
  const { broken } = await cruiseModules(
    plant({ [file]: `import * as it from "${imports}";\nexport const used = it;\n` }),
    ["app", "lib"],
  );
  return broken.filter(({ from }) => from === file).map(({ rule }) => rule);
}

it.each([
  ["lib/contracts/push.ts", "pg"],
  ["lib/contracts/push.ts", "node:fs"],
  ["lib/contracts/push.ts", "../scheduler/errors.ts"],
  ["lib/scheduler/list-jobs.ts", "next/navigation"],
  ["lib/scheduler/list-jobs.ts", "react"],
  ["lib/scheduler/list-jobs.ts", "ldapts"],
  ["lib/scheduler/list-jobs.ts", "next-auth"],
  ["lib/scheduler/list-jobs.ts", "ioredis"],
  ["lib/scheduler/list-jobs.ts", "../config/env.ts"],
  ["lib/scheduler/list-jobs.ts", "../server.ts"],
  ["lib/scheduler/merging/merge.ts", "../cancel-jobs.ts"],
  ["lib/scheduler/merging/merge.ts", "node:fs"],
  ["lib/scheduler/placement/place.ts", "../../db/sql.ts"],
  ["lib/scheduler/explain/explain.ts", "ioredis"],
  ["lib/scheduler/nightly/select-revision.ts", "../../db/sql.ts"],
  ["lib/scheduler/queue/score.ts", "ioredis"],
  ["lib/scheduler/chunks/plan-chunks.ts", "../../db/sql.ts"],
  ["lib/scheduler/retry-rule.ts", "./cancel-jobs.ts"],
  ["lib/config/server-config.ts", "../db/sql.ts"],
  ["lib/db/to-run.ts", "../scheduler/cancel-jobs.ts"],
  ["lib/db/to-run.ts", "ioredis"],
  ["lib/redis/pub-sub.ts", "../db/sql.ts"],
  ["lib/events/read.ts", "../scheduler/cancel-jobs.ts"],
  ["lib/auth/login.ts", "../scheduler/cancel-jobs.ts"],
  ["lib/auth/login.ts", "../config/env.ts"],
  ["lib/logs/append.ts", "../auth/ldap.ts"],
  ["lib/artifacts/store.ts", "../scheduler/cancel-jobs.ts"],
  ["lib/artifacts/store.ts", "../logs/append.ts"],
  ["lib/pushes/poll.ts", "../scheduler/cancel-jobs.ts"],
  ["lib/worker/agent.ts", "../scheduler/errors.ts"],
  ["lib/worker/agent.ts", "zod"],
  ["lib/worker/agent.ts", "pino"],
  ["lib/http/page.ts", "../db/sql.ts"],
  ["lib/http/page.ts", "pg"],
  ["lib/gateway/claim.ts", "next/server"],
  ["lib/gateway/claim.ts", "../config/env.ts"],
  ["lib/server.ts", "./testing/rows.ts"],
  ["lib/web/main.ts", "../worker/agent.ts"],
  ["app/page.tsx", "../lib/db/sql.ts"],
  ["app/page.tsx", "../lib/redis/open-redis.ts"],
  ["app/page.tsx", "../lib/config/env.ts"],
  ["app/page.tsx", "../lib/testing/rows.ts"],
  ["app/_components/row.tsx", "../../lib/scheduler/cancel-jobs.ts"],
  ["app/_components/row.tsx", "../../lib/http/route.ts"],
  ["app/_queries/jobs.ts", "../../lib/server.ts"],
  ["app/_actions/jobs.ts", "../../lib/db/sql.ts"],
])("%s may not import %s", async (file, imports) => {
  const rules = await breaks(file, imports);
  expect(rules).toContain("not-in-allowed");
  expect(rules).not.toContain("resolvable");
});

it.each([
  ["lib/contracts/push.ts", "zod"],
  ["lib/scheduler/list-jobs.ts", "../db/to-job.ts"],
  ["lib/scheduler/queue/pop.ts", "ioredis"],
  ["lib/auth/login.ts", "ldapts"],
  ["lib/auth/tokens.ts", "../scheduler/record.ts"],
  ["lib/worker/agent.ts", "node:child_process"],
  ["lib/web/main.ts", "../config/env.ts"],
  ["app/page.tsx", "../lib/scheduler/cancel-jobs.ts"],
  ["app/_components/row.tsx", "react"],
  ["lib/scheduler/list-jobs.test.ts", "../testing/rows.ts"],
])("%s may import %s", async (file, imports) => {
  expect(await breaks(file, imports)).toEqual([]);
});

it("refuses a cycle, also of types", async () => {
  const root = plant({
    "lib/scheduler/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;\n',
    "lib/scheduler/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | 1;\n',
  });
  const { broken } = await cruiseModules(root, ["lib"]);
  expect(broken.map(({ rule }) => rule)).toContain("no-cycles");
});

it("refuses an import that leads nowhere", async () => {
  expect(await breaks("lib/scheduler/list-jobs.ts", "./gone.ts")).toContain("resolvable");
});

it("does not pass when no modules were read", async () => {
  const root = temporaryFolder("arrows");
  mkdirSync(path.join(root, "lib"));
  expect(await checkArrows(root, ["lib"])).toEqual([expect.stringContaining("Only 0 modules were found")]);
});
