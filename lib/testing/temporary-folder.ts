import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder that is removed when the test ends. For use inside a test; `name` helps to recognise it. */
export function temporaryFolder(name = "test"): string {
  const folder = makeTemporaryFolder(name);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty folder for a whole test file, which removes it itself. */
export function makeTemporaryFolder(name = "test"): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `self-serve-${name}-`)));
  chmodSync(folder, 0o755); // system users that run PostgreSQL and steps must get through
  return folder;
}
