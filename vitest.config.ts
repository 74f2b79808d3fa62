import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["{lib,app,scripts}/**/*.test.{ts,tsx}"],
    environment: "node",
    globalSetup: ["lib/testing/services.ts"],
    pool: "forks",
    maxWorkers: 3, // tests mostly wait for services, so a few more than the two cores
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
  },
});
