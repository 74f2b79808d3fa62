import path from "node:path";
import { defineConfig } from "vitest/config";

// The short level starts a whole product of its own, so nothing else runs beside it. The checkers' own tests come first.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: { include: ["e2e/campaign/**/*.test.ts"], pool: "forks", fileParallelism: false, retry: 0 },
});
