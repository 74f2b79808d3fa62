import { openPushPorts } from "../pushes/push-ports.ts";
import type { Actor, SchedulerContext } from "../scheduler/context.ts";
import type { PushPorts } from "../scheduler/source-control.ts";
import type { TestContext } from "./context.ts";
import { GitRepository } from "./git-repository.ts";
import { makePool, makeRepository, uniqueName } from "./rows.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A hook that may tell of pushes. */
export const HOOK: Actor = { kind: "hook", name: "test hook", scopes: ["pushes:write"], via: "token:1", ip: null };

/** A real repository whose branches `main` and `try` the product watches, with everything to tell of pushes to it. For use inside a test. */
export interface WatchedRepositoryFixture {
  git: GitRepository;
  id: number;
  name: string;
  pool: string;
  branchId: number;
  tryId: number;
  ports: PushPorts;
  /** Asks as the hook. */
  hook: SchedulerContext;
}

/** Makes one; `trustAuthors` is about the branch `try`. */
export async function watchRepository(test: TestContext, pollSeconds = 10): Promise<WatchedRepositoryFixture> {
  const git = new GitRepository();
  const name = uniqueName("repository");
  const pool = uniqueName("pool");
  await makePool(test.sql, { name: pool });
  const id = await makeRepository(test.sql, { name, url: git.url });
  await test.sql.count("UPDATE repositories SET poll_seconds = $2 WHERE id = $1", [id, pollSeconds]);
  const branch = async (ref: string, trustAuthors: boolean) => {
    const row = await test.sql.one<{ id: number }>(
      "INSERT INTO branches (repository_id, ref, name, is_try, trust_authors) VALUES ($1, $2, $3, $4, $4) RETURNING id",
      [id, ref, uniqueName(ref), trustAuthors],
    );
    return row.id;
  };
  const ports = openPushPorts({ dataDir: temporaryFolder("data"), inherited: process.env });
  const [branchId, tryId] = [await branch("main", false), await branch("try", true)];
  return { git, id, name, pool, branchId, tryId, ports, hook: test.as(HOOK) };
}

/** A sound in-tree configuration of one builder for the pool. */
export function oneBuilder(pool: string): string {
  return `version: 1\nbuilders:\n  - {name: build, platform: linux64, pool: ${pool}, steps: [{name: make, run: make}]}\n`;
}
