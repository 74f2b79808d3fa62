import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["{lib,app,scripts,bench}/**/*.test.{ts,tsx}"],
    environment: "node",
    globalSetup: ["lib/testing/services.ts"],
    pool: "forks",
    maxWorkers: 3, // tests mostly wait for services, so a few more than the two cores
    retry: 0,
    expect: { poll: { timeout: 45_000, interval: 20 } }, // for what comes to pass; no test is about how fast this machine is
    testTimeout: 120_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
  },
});
