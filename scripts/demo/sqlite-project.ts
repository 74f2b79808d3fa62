import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  DEVELOPERS,
  type DemoFolders,
  type DemoProject,
  type DemoPush,
  layTree,
  openRepository,
  SHIPPED,
} from "./demo-project.ts";
import { fetchVersions } from "./npm-package.ts";

/** Packages that carry SQLite as one C file, each another release of it. */
const VERSIONS = ["11.1.1", "11.5.0"];
const DAY_SECONDS = 86_400;

/** The repository of SQLite: its amalgamation as better-sqlite3 ships it, with a small program and tests of ours. Throws when npm is away. */
export async function prepareSqlite(folders: DemoFolders, abort?: AbortSignal): Promise<DemoProject> {
  const versions = await fetchVersions(
    "better-sqlite3",
    VERSIONS,
    path.join(folders.packages, "better-sqlite3"),
    abort,
  );
  const repository = await openRepository(folders, "sqlite");
  const tree = path.join(folders.work, "sqlite");
  const shipped = path.join(SHIPPED, "sqlite");
  const lay = (folder: string) =>
    layTree(tree, {
      ".selfserve.yml": path.join(shipped, "selfserve.yml"),
      "run-sql.c": path.join(shipped, "run-sql.c"),
      tests: path.join(shipped, "tests"),
      "sqlite3.c": path.join(folder, "deps/sqlite3/sqlite3.c"),
      "sqlite3.h": path.join(folder, "deps/sqlite3/sqlite3.h"),
    });
  const revisions: string[] = [];
  let released = { version: "", at: 0 };
  for (const version of versions) {
    lay(version.folder);
    released = releaseOf(tree);
    const message = `SQLite ${released.version}, from better-sqlite3 ${version.version}`;
    const facts = { author: version.author, at: released.at, message };
    revisions.push(await repository.commit(tree, revisions.at(-1) ?? null, facts));
  }
  const [first = "", second = ""] = revisions;
  appendFileSync(path.join(tree, "tests/queries.sql"), "SELECT sum(moons) FROM planet;\n");
  appendFileSync(path.join(tree, "tests/queries.expected"), "288\n");
  const facts = { author: DEVELOPERS.dana, at: released.at + DAY_SECONDS, message: "Count all moons" };
  const attempt = await repository.commit(tree, second, facts);
  const push = (branch: string, pusher: DemoPush["pusher"], revision: string): DemoPush => ({
    branch,
    pusher,
    revision,
  });
  return {
    name: "sqlite",
    branches: { main: "sqlite-main", try: "sqlite-try" },
    repository,
    pushes: [push("main", "dev", first), push("main", "dana", second), push("try", "dana", attempt)],
  };
}

/** What SQLite says of itself: its version, and when it was released (seconds since 1970). */
function releaseOf(tree: string): { version: string; at: number } {
  const header = readFileSync(path.join(tree, "sqlite3.h"), "utf8");
  const [, version] = /^#define SQLITE_VERSION\s+"([^"]+)"/m.exec(header) ?? [];
  const [, date] = /^#define SQLITE_SOURCE_ID\s+"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)/m.exec(header) ?? [];
  if (!version || !date)
    throw new Error("The package does not carry SQLite's amalgamation where the demo looks for it.");
  return { version, at: Date.parse(`${date.replace(" ", "T")}Z`) / 1000 };
}
