import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { DemoProject } from "./demo-project.ts";

const EMPTY = /^repositories: \[\]$/m;
const BEGINNING = /^repositories:$/m;

/**
 * Adds a repository of the demo to `selfserve.yml`, as a person would: the rest of the file stays as it is. Nothing happens when it is there.
 * Answers false when the file is not one that the demo can add to, because somebody wrote it their own way.
 */
export function addToConfig(file: string, { name, branches, repository }: DemoProject): boolean {
  const text = readFileSync(file, "utf8");
  if (text.includes(`\n  - name: ${name}\n`)) return true;
  const entry = [
    `  - name: ${name}`,
    `    url: ${JSON.stringify(repository.folder)}`,
    "    branches:",
    `      - { ref: main, name: ${branches.main} }`,
    `      - { ref: try, name: ${branches.try}, try: true }`,
  ].join("\n");
  const pattern = EMPTY.test(text) ? EMPTY : BEGINNING;
  if (!pattern.test(text)) return false;
  const draft = `${file}.new`;
  writeFileSync(
    draft,
    text.replace(pattern, () => `repositories:\n${entry}`),
  );
  renameSync(draft, file);
  return true;
}
