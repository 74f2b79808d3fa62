import { createHash, randomBytes } from "node:crypto";
import { utimesSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ArtifactStore } from "../artifacts/artifact-store.ts";
import { insertArtifact } from "../db/sql/insert-artifact.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { makeJob } from "../testing/rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { makeRun } from "../testing/worker-rows.ts";
import { storeTasks } from "./store-tasks.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

it("removes artifacts that no row has known for a day, and keeps the others", async () => {
  const folder = temporaryFolder("artifacts");
  const artifacts = new ArtifactStore(folder);
  const dayAgo = Date.now() / 1000 - 25 * 3600;
  const store = async (old: boolean) => {
    const bytes = randomBytes(10);
    const identity = { sha256: createHash("sha256").update(bytes).digest("hex"), size: 10 };
    await artifacts.put(Readable.from([bytes]), identity);
    const place = path.join(folder, "artifacts", identity.sha256.slice(0, 2), identity.sha256);
    if (old) utimesSync(place, dayAgo, dayAgo);
    return identity;
  };
  const [known, orphan, young] = [await store(true), await store(true), await store(false)];
  const runId = await makeRun(test.sql, { jobIds: [await makeJob(test.sql)] });
  await insertArtifact(test.sql, { runId, name: "a", ...known, contentType: "text/plain" }, 10);

  for (const task of storeTasks({ sql: test.sql, artifacts })) await task.run(new AbortController().signal);
  expect(await Promise.all([known, orphan, young].map((identity) => artifacts.has(identity)))).toEqual([
    true,
    false,
    true,
  ]);
});
