import path from "node:path";
import { defineConfig } from "vitest/config";

// The fault tests start a whole product of their own, so nothing else runs beside them.
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: { include: ["e2e/faults/*.test.ts"], pool: "forks", fileParallelism: false, retry: 0 },
});
