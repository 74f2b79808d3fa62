import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { AuditHeads } from "./audit-heads.ts";

it("writes the newest head once a minute while the chain grows", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "audit", "heads.jsonl");
  let now = 0;
  const heads = new AuditHeads(file, () => now);
  const written = () =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).seq);
  await heads.note(null);
  await heads.note({ seq: 1, hash: "a" });
  await heads.note({ seq: 2, hash: "b" });
  now = 59_999;
  await heads.note({ seq: 3, hash: "c" });
  expect(written()).toEqual([1]);
  now = 60_000;
  await heads.note(null);
  expect(written()).toEqual([1, 3]);
  now = 200_000;
  await heads.note(null);
  expect(written()).toEqual([1, 3]);
});
