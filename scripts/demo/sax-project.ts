import { readFileSync, writeFileSync } from "node:fs";
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
import { fetchVersions, type PublishedVersion } from "./npm-package.ts";

/** The versions of sax whose packages carry their tests, which need nothing but Node. The last six are pushed one after the other. */
const VERSIONS = [
  ...["0.3.0", "0.3.1", "0.3.2", "0.3.3", "0.3.4", "0.3.5", "0.4.0", "0.4.1", "0.4.2", "0.4.3"],
  ...["0.5.0", "0.5.1", "0.5.2", "0.5.3", "0.5.4", "0.5.5", "0.5.6", "0.5.7", "0.5.8"],
  ...["0.6.0", "0.6.1", "1.0.0", "1.1.0", "1.1.1"],
];
const CONFIG = path.join(SHIPPED, "sax/selfserve.yml");
const DAY_SECONDS = 86_400;

/** The repository of sax, an XML parser: one commit per published version, and some that its developers try out. Throws when npm is away. */
export async function prepareSax(folders: DemoFolders, abort?: AbortSignal): Promise<DemoProject> {
  const versions = await fetchVersions("sax", VERSIONS, path.join(folders.packages, "sax"), abort);
  const repository = await openRepository(folders, "sax");
  const tree = path.join(folders.work, "sax");
  const revisions: string[] = [];
  for (const version of versions) {
    layTree(tree, { ".": version.folder, ".selfserve.yml": CONFIG });
    revisions.push(await repository.commit(tree, revisions.at(-1) ?? null, { ...version, message: version.version }));
  }
  const attempts = await tryOut(versions, revisions, tree, (parent, facts) => repository.commit(tree, parent, facts));
  const at = (version: string) => revisions[VERSIONS.indexOf(version)] ?? "";
  const main = (version: string, pusher: DemoPush["pusher"]): DemoPush => ({
    branch: "main",
    pusher,
    revision: at(version),
  });
  return {
    name: "sax",
    branches: { main: "sax-main", try: "try" },
    repository,
    pushes: [
      main("0.5.5", "dev"),
      main("0.5.6", "dana"),
      attempts.green,
      main("0.5.8", "dev"),
      attempts.red,
      main("0.6.0", "dana"),
      main("0.6.1", "dev"),
      attempts.broken,
      main("1.1.0", "dana"),
      main("1.1.1", "dev"),
    ],
  };
}

type Commit = (
  parent: string,
  facts: { author: { name: string; mail: string }; at: number; message: string },
) => Promise<string>;

/** Three things to try on top of 0.5.6: one that works, one that breaks a test, one whose configuration is wrong. */
async function tryOut(
  versions: readonly PublishedVersion[],
  revisions: readonly string[],
  tree: string,
  commit: Commit,
): Promise<Record<"green" | "red" | "broken", DemoPush>> {
  const base = VERSIONS.indexOf("0.5.6");
  const version = versions[base];
  const parent = revisions[base];
  if (!version || !parent) throw new Error("The demo has no version 0.5.6 of sax.");
  let days = 0;
  const attempt = async (
    pusher: DemoPush["pusher"],
    message: string,
    file: string,
    change: (text: string) => string,
  ): Promise<DemoPush> => {
    layTree(tree, { ".": version.folder, ".selfserve.yml": CONFIG });
    const place = path.join(tree, file);
    const before = readFileSync(place, "utf8");
    const after = change(before);
    if (after === before) throw new Error(`The demo's change to ${file} changes nothing.`);
    writeFileSync(place, after);
    days += 1;
    const facts = { author: DEVELOPERS[pusher], at: version.at + days * DAY_SECONDS, message };
    return { branch: "try", pusher, revision: await commit(parent, facts) };
  };
  return {
    green: await attempt(
      "dana",
      "Say where the parser begins",
      "lib/sax.js",
      (text) => `// The parser begins here.\n${text}`,
    ),
    red: await attempt("dana", "Read &gt; with fewer steps", "lib/sax.js", (text) =>
      text.replaceAll(/("gt"\s*:\s*)">"/g, '$1"<"'),
    ),
    broken: await attempt("dev", "Test on another platform, too", ".selfserve.yml", (text) =>
      text.replace("platform: linux64-jitless", "plattform: linux64-jitless"),
    ),
  };
}
