import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Writes Prisma's client to lib/db/generated, unless it was written for the schema and the Prisma of today.
 * @param {string} root
 * @param {string} node
 */
export function generateClient(root, node) {
  const sources = ["prisma/schema.prisma", "prisma.config.ts", "node_modules/prisma/package.json"];
  const hash = createHash("sha256");
  for (const source of sources) hash.update(readFileSync(path.join(root, source)));
  const wanted = hash.digest("hex");
  const stamp = path.join(root, "lib/db/generated/.written-for");
  if (read(stamp) === wanted) return;

  const result = spawnSync(node, ["node_modules/prisma/build/index.js", "generate"], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
      PRISMA_SCHEMA_ENGINE_BINARY: path.join(root, "scripts/prisma/schema-engine.ts"),
      CHECKPOINT_DISABLE: "1",
    },
  });
  if (result.status !== 0)
    throw new Error(
      `${result.stdout}${result.stderr}\nThe database client could not be generated from prisma/schema.prisma.`,
    );
  writeFileSync(stamp, wanted);
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
