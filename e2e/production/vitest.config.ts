import path from "node:path";
import { defineConfig } from "vitest/config";

// The whole product as docs/production/ sets it up; nothing else runs beside it.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["e2e/production/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    retry: 0,
    testTimeout: 120_000,
  },
});
