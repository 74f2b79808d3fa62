import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DEVELOPERS, type DemoFolders, type DemoProject, layTree, openRepository, SHIPPED } from "./demo-project.ts";

const FIRST_COMMIT_AT = Date.UTC(2024, 0, 15, 9) / 1000;
const HOUR_SECONDS = 3600;

/** A small project of our own, for machines that cannot fetch a package: a few pushes, one of which fails its tests. */
export async function prepareWords(folders: DemoFolders): Promise<DemoProject> {
  const repository = await openRepository(folders, "words");
  const tree = path.join(folders.work, "words");
  const shipped = path.join(SHIPPED, "words");
  let at = FIRST_COMMIT_AT;
  const commit = async (
    who: keyof typeof DEVELOPERS,
    message: string,
    parent: string | null,
    file: string,
    change: (text: string) => string,
  ) => {
    layTree(tree, {
      ".selfserve.yml": path.join(shipped, "selfserve.yml"),
      lib: path.join(shipped, "lib"),
      test: path.join(shipped, "test"),
    });
    const place = path.join(tree, file);
    writeFileSync(place, change(readFileSync(place, "utf8")));
    at += HOUR_SECONDS;
    return repository.commit(tree, parent, { author: DEVELOPERS[who], at, message });
  };
  const library = "lib/words.mjs";
  const first = await commit("dev", "Count words", null, library, (text) => text);
  const second = await commit("dana", "Say what this is", first, library, (text) => `// Words of texts.\n${text}`);
  const attempt = await commit("dana", "Wrap a little later", second, library, (text) =>
    text.replace("<= width", "<= width + 1"),
  );
  const third = await commit(
    "dev",
    "Count in lower case, always",
    second,
    library,
    (text) => `// Words of texts, in lower case.\n${text}`,
  );
  return {
    name: "words",
    branches: { main: "words-main", try: "try" },
    repository,
    pushes: [
      { branch: "main", pusher: "dev", revision: first },
      { branch: "main", pusher: "dana", revision: second },
      { branch: "try", pusher: "dana", revision: attempt },
      { branch: "main", pusher: "dev", revision: third },
    ],
  };
}
